-- What is bounded: the questions asked of each system, and every count that is not
-- printed but follows. What rests on categories that are not told apart is relaxed: what
-- attains its bound need not be possible.
select
    system_id,
    bound_id,
    label,
    max(case when not is_divisor then variable_key end) as variable_key,
    max(case when is_divisor then variable_key end) as divisor_variable_key,
    not bool_or(is_divisor or coefficient <> floor(coefficient)) as is_whole,
    bool_or(is_merged) as is_relaxed
from {{ ref('int_bound_asked') }}
group by system_id, bound_id, label
union all
select
    quantities.system_id,
    quantities.series_key as bound_id,
    categories.label,
    quantities.series_key as variable_key,
    cast(null as text) as divisor_variable_key,
    true as is_whole,
    exists (
        select 1 from {{ ref('int_bound_sets') }} as sets
        where
            quantities.system_id = sets.system_id
            and quantities.classification_id = sets.classification_id
            and sets.is_merged
    ) as is_relaxed
from {{ ref('int_bound_quantities') }} as quantities
inner join {{ ref('categories') }} as categories
    on
        quantities.classification_id = categories.classification_id
        and quantities.category_id = categories.category_id
where quantities.is_bounded

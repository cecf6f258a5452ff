-- What is bounded: the questions asked of each system, and every count that is not
-- printed but follows. What rests on categories that are not told apart is relaxed:
-- what attains its bound need not be possible.
with merged as (
    select distinct
        system_id,
        classification_id
    from {{ ref('int_bound_sets') }}
    where is_merged
)

select
    system_id,
    bound_id,
    label,
    max(case when not is_divisor then variable_key end) as variable_key,
    max(case when is_divisor then variable_key end) as divisor_variable_key,
    not bool_or(is_divisor or coefficient <> floor(coefficient)) as is_whole,
    bool_or(coefficient < 0) as is_signed,
    bool_or(is_merged) as is_relaxed
from {{ ref('int_bound_asked') }}
group by system_id, bound_id, label
union all
select
    quantities.system_id,
    quantities.series_key as bound_id,
    categories.label,
    quantities.series_key as variable_key,
    cast(null as {{ dbt.type_string() }}) as divisor_variable_key,
    true as is_whole,
    false as is_signed,
    merged.system_id is not null as is_relaxed
from {{ ref('int_bound_quantities') }} as quantities
inner join {{ ref('categories') }} as categories
    on
        quantities.classification_id = categories.classification_id
        and quantities.category_id = categories.category_id
left join merged
    on
        quantities.system_id = merged.system_id
        and quantities.classification_id = merged.classification_id
where quantities.is_bounded

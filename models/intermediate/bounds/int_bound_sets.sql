-- The sets that a classification divides its whole into, a row a category in the set:
-- of overlapping categories every combination and those in none, else each category.
-- Combinations of more than ten would be too many: such a classification has no sets.
with divided as (
    select distinct
        quantities.system_id,
        quantities.fiscal_year || '/' || quantities.population_id || '/'
        || quantities.classification_id as stem,
        quantities.classification_id,
        classifications.is_mutually_exclusive
    from {{ ref('int_bound_quantities') }} as quantities
    inner join {{ ref('classifications') }} as classifications
        on
            quantities.classification_id = classifications.classification_id
            and classifications.is_exhaustive
    where quantities.category_role = 'part'
),

members as (
    select
        divided.*,
        categories.category_id,
        categories.category_role,
        categories.parent_category_id,
        cast(row_number() over (
            partition by divided.system_id, divided.stem, categories.category_role
            order by categories.sort_order
        ) - 1 as integer) as bit_number,
        cast(count(*) over (
            partition by divided.system_id, divided.stem, categories.category_role
        ) as integer) as member_count
    from divided
    inner join {{ ref('categories') }} as categories
        on
            divided.classification_id = categories.classification_id
            and categories.category_role in ('part', 'residual', 'none')
),

combined as (
    select
        members.*,
        cast(numbers.combination as integer) as combination
    from members
    inner join generate_series(1, 1023) as numbers (combination)
        on
            cast(numbers.combination as integer) < (1 << members.member_count)
            and (
                cast(numbers.combination as integer) & (1 << members.bit_number)
            ) <> 0
    where
        not members.is_mutually_exclusive
        and members.category_role = 'part'
        and members.member_count <= 10
),

named as (
    select
        system_id,
        stem,
        combination,
        '[' || string_agg(category_id, '+' order by bit_number) || ']' as set_name,
        count(*) as category_count
    from combined
    group by system_id, stem, combination
)

select
    combined.system_id,
    combined.classification_id,
    combined.category_id,
    combined.parent_category_id,
    combined.stem || named.set_name as set_id,
    named.category_count
from combined
inner join named
    on
        combined.system_id = named.system_id
        and combined.stem = named.stem
        and combined.combination = named.combination
union all
select
    system_id,
    classification_id,
    category_id,
    parent_category_id,
    stem || '.' || category_id as set_id,
    case when category_role = 'none' then 0 else 1 end as category_count
from members
where
    is_mutually_exclusive
    or (category_role = 'none' and system_id || stem in (
        select named.system_id || named.stem from named
    ))

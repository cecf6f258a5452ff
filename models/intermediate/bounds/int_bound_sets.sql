-- The sets that a classification divides its whole into, a row a category in the set:
-- of exclusive categories each, of overlapping ones every combination and those in none.
-- Of more than ten overlapping categories, only those that a question names are told
-- apart; how many others are in a set stands in a row without a category.
with divided as (
    select distinct
        quantities.system_id,
        quantities.population_id,
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

categories as (
    select
        categories.*,
        count(*) over (
            partition by categories.classification_id, categories.category_role
        ) <= 10
        or exists (
            select 1 from {{ ref('bound_questions') }} as questions
            where
                categories.classification_id = questions.classification_id
                and (
                    {{ is_listed('categories.category_id', 'questions.all_of') }}
                    or {{ is_listed('categories.category_id', 'questions.any_of') }}
                )
        ) as is_told_apart
    from {{ ref('categories') }} as categories
    where categories.category_role in ('part', 'residual', 'none')
),

members as (
    select
        divided.*,
        categories.category_id,
        categories.category_role,
        categories.parent_category_id,
        categories.is_told_apart,
        cast(row_number() over (
            partition by
                divided.system_id,
                divided.stem,
                categories.category_role,
                categories.is_told_apart
            order by categories.sort_order
        ) - 1 as integer) as bit_number
    from divided
    inner join categories
        on divided.classification_id = categories.classification_id
),

overlapping as (
    select
        system_id,
        population_id,
        classification_id,
        stem,
        cast(sum(case when is_told_apart then 1 else 0 end) as integer)
            as told_apart_count,
        sum(case when is_told_apart then 0 else 1 end) as other_count
    from members
    where not is_mutually_exclusive and category_role = 'part'
    group by system_id, population_id, classification_id, stem
),

combined as (
    select
        overlapping.*,
        cast(numbers.combination as integer) as combination,
        cast(others.category_count as integer) as others
    from overlapping
    inner join generate_series(0, 1023) as numbers (combination)
        on
            cast(numbers.combination as integer)
            < (1 << overlapping.told_apart_count)
    inner join generate_series(0, 1000) as others (category_count)
        on overlapping.other_count >= others.category_count
    where numbers.combination + others.category_count > 0
),

combinations as (
    select
        combined.*,
        members.category_id,
        members.parent_category_id,
        members.bit_number
    from combined
    left join members
        on
            combined.system_id = members.system_id
            and combined.stem = members.stem
            and members.category_role = 'part'
            and members.is_told_apart
            and (combined.combination & (1 << members.bit_number)) <> 0
),

named as (
    select
        system_id,
        population_id,
        classification_id,
        stem,
        combination,
        others,
        other_count,
        '['
        || coalesce(string_agg(category_id, '+' order by bit_number), '')
        || ']'
        || case when other_count > 0 then '+' || others else '' end as set_name,
        count(category_id) + others as category_count
    from combinations
    group by
        system_id,
        population_id,
        classification_id,
        stem,
        combination,
        others,
        other_count
)

select
    named.system_id,
    named.population_id,
    named.classification_id,
    combinations.category_id,
    combinations.parent_category_id,
    named.stem || named.set_name as set_id,
    named.category_count,
    named.other_count > 0 as is_merged,
    0 as others
from combinations
inner join named
    on
        combinations.system_id = named.system_id
        and combinations.stem = named.stem
        and combinations.combination = named.combination
        and combinations.others = named.others
where combinations.category_id is not null
union all
select
    system_id,
    population_id,
    classification_id,
    null as category_id,
    null as parent_category_id,
    stem || set_name as set_id,
    category_count,
    true as is_merged,
    others
from named
where others > 0
union all
select
    system_id,
    population_id,
    classification_id,
    category_id,
    parent_category_id,
    stem || '.' || category_id as set_id,
    case when category_role = 'none' then 0 else 1 end as category_count,
    false as is_merged,
    0 as others
from members
where is_mutually_exclusive or category_role = 'none'

-- The sets that a classification divides its whole into, a row a category in the set:
-- of exclusive categories each, of overlapping ones every combination and those in
-- none. Of more than ten overlapping categories, only those that a question names are
-- told apart: of the others, merged_count are in the set.
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

questions as (
    select
        classification_id,
        bound_id,
        coalesce(all_of, '') || ' ' || coalesce(any_of, '') as category_ids
    from {{ ref('bound_questions') }}
),

named as (
    select
        classification_id,
        {{ joined('category_ids', ' ', 'bound_id') }} as category_ids
    from questions
    group by classification_id
),

categories as (
    select
        categories.*,
        coalesce({{ is_listed('categories.category_id', 'named.category_ids') }}, false)
        or count(*) over (
            partition by categories.classification_id, categories.category_role
        ) <= 10 as is_told_apart
    from {{ ref('categories') }} as categories
    left join named on categories.classification_id = named.classification_id
    where categories.category_role in ('part', 'residual', 'none')
),

-- A group is the sum of its parts where all are told apart.
members as (
    select
        divided.*,
        categories.category_id,
        categories.category_role,
        categories.is_told_apart,
        case when bool_and(categories.is_told_apart) over (
                    partition by
                        divided.system_id, divided.stem, categories.parent_category_id
                )
                then categories.parent_category_id
        end as parent_category_id,
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
        cast(count(case when is_told_apart then 1 end) as integer) as told_apart_count,
        count(case when not is_told_apart then 1 end) as mergeable_count
    from members
    where not is_mutually_exclusive and category_role = 'part'
    group by system_id, population_id, classification_id, stem
),

combined as (
    select
        overlapping.*,
        numbers.combination,
        merged.merged_count,
        members.category_id,
        members.parent_category_id,
        members.bit_number
    from overlapping
    inner join {{ numbers_to(1023) }} as numbers (combination)
        on numbers.combination < (1 << overlapping.told_apart_count)
    inner join {{ numbers_to(1000) }} as merged (merged_count)
        on
            overlapping.mergeable_count >= merged.merged_count
            and numbers.combination + merged.merged_count > 0
    left join members
        on
            overlapping.system_id = members.system_id
            and overlapping.stem = members.stem
            and members.category_role = 'part'
            and members.is_told_apart
            and (
                cast(numbers.combination as integer) & (1 << members.bit_number)
            ) <> 0
),

sets as (
    select
        system_id,
        stem,
        combination,
        merged_count,
        {{ joined('category_id', '+', 'bit_number') }} as category_ids,
        count(category_id) as category_count
    from combined
    group by system_id, stem, combination, merged_count
)

select
    combined.system_id,
    combined.population_id,
    combined.classification_id,
    combined.category_id,
    combined.parent_category_id,
    combined.stem || '[' || coalesce(sets.category_ids, '') || ']'
    || case
        when combined.mergeable_count > 0 then '+' || combined.merged_count else ''
    end as set_id,
    sets.category_count + combined.merged_count as category_count,
    combined.mergeable_count > 0 as is_merged,
    combined.merged_count
from combined
inner join sets
    on
        combined.system_id = sets.system_id
        and combined.stem = sets.stem
        and combined.combination = sets.combination
        and combined.merged_count = sets.merged_count
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
    0 as merged_count
from members
where is_mutually_exclusive or category_role = 'none'

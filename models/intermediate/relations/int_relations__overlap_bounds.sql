-- Those in any of several overlapping categories are at most the sum of the categories:
-- the category that the classification divides, everyone who is in none of them, or a
-- group. That they are at least each category is the rule subset_within_population.
with quantities as (
    select
        quantities.*,
        classifications.label
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('classifications') }} as classifications
        on
            quantities.classification_id = classifications.classification_id
            and not classifications.is_mutually_exclusive
            and classifications.is_exhaustive
    where quantities.statistic = 'count'
),

unions as (
    select distinct
        parts.family_key,
        cast(null as {{ dbt.type_string() }}) as group_id,
        parts.classification_id || '.all:' || wholes.observation_id as id,
        parts.label || ': offenders in any' as subject,
        wholes.quantity_key as union_key,
        cast(null as bigint) as whole_key
    from quantities as parts
    inner join {{ ref('int_quantities') }} as wholes
        on parts.whole_key = wholes.quantity_key
    where parts.category_role = 'part' and wholes.category_role <> 'total'
    union all
    select
        quantities.family_key,
        case when quantities.category_role = 'group' then quantities.category_id
        end as group_id,
        case quantities.category_role
            when 'group' then quantities.category_key
            else quantities.classification_id || '.all'
        end || ':' || quantities.observation_id as id,
        case quantities.category_role
            when 'group' then categories.label || ': offenders in any'
            else quantities.label || ': offenders in none'
        end as subject,
        quantities.quantity_key as union_key,
        case when quantities.category_role = 'none' then quantities.whole_key
        end as whole_key
    from quantities
    inner join {{ ref('categories') }} as categories
        on
            quantities.classification_id = categories.classification_id
            and quantities.category_id = categories.category_id
    where
        quantities.category_role = 'group'
        or (
            quantities.category_role = 'none'
            and quantities.origin <> 'unknown'
            and quantities.whole_key is not null
        )
)

select {{ relation_term(
    id='unions.id', quantity='parts.quantity_key', high=none, subject='unions.subject'
) }}
from unions
inner join quantities as parts
    on
        unions.family_key = parts.family_key
        and parts.category_role = 'part'
        and coalesce(unions.group_id, '') in ('', parts.parent_category_id)
union all
select {{ relation_term(
    id='id', quantity='union_key', high=none, is_subject='true', subject='subject',
    coefficient='case when whole_key is null then -1 else 1 end'
) }}
from unions
union all
select {{ relation_term(
    id='id', quantity='whole_key', coefficient='-1', high=none, subject='subject'
) }}
from unions
where whole_key is not null

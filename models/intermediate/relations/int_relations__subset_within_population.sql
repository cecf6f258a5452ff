-- A category has no more than its whole; of overlapping categories, no more than those
-- who are not in none; of a group of categories, no more than the group.
with quantities as (
    select quantities.*
    from {{ ref('int_quantities') }} as quantities
    where
        quantities.origin <> 'unknown'
        and quantities.category_role <> 'total'
        and (
            quantities.statistic = 'count'
            or (quantities.statistic = 'percent' and quantities.count_key is null)
        )
),

nones as (
    select quantities.*
    from quantities
    inner join {{ ref('classifications') }} as classifications
        on quantities.classification_id = classifications.classification_id
    where
        quantities.category_role = 'none'
        and not classifications.is_mutually_exclusive
),

pairs as (
    select
        quantities.observation_id as id,
        quantities.quantity_key,
        quantities.whole_key,
        nones.quantity_key as none_key
    from quantities
    left join nones
        on
            quantities.fiscal_year = nones.fiscal_year
            and quantities.population_id = nones.population_id
            and quantities.classification_id = nones.classification_id
            and quantities.measure_id = nones.measure_id
            and quantities.category_role not in ('none', 'any')
    where quantities.whole_key is not null
    union all
    select
        parts.observation_id || '.' || groups.category_id as id,
        parts.quantity_key,
        groups.quantity_key as whole_key,
        cast(null as bigint) as none_key
    from quantities as parts
    inner join quantities as groups
        on
            parts.fiscal_year = groups.fiscal_year
            and parts.population_id = groups.population_id
            and parts.classification_id = groups.classification_id
            and parts.measure_id = groups.measure_id
            and parts.parent_category_id = groups.category_id
)

select {{ relation_term(
    id='id', quantity='quantity_key', low=none, is_subject='true'
) }}
from pairs
union all
select {{ relation_term(
    id='id', quantity='whole_key', coefficient='-1', low=none
) }}
from pairs
union all
select {{ relation_term(id='id', quantity='none_key', low=none) }}
from pairs
where none_key is not null

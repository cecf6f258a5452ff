-- A count as a percentage of its base rounds to the printed percentage. Where the base
-- is known within bounds only, they widen the limits.
with pairs as (
    select
        percentages.observation_id,
        percentages.quantity_key,
        percentages.value_high,
        counts.quantity_key as count_key,
        bases.quantity_key as base_key,
        (bases.value_low + bases.value_high) * 0.5 as base,
        (bases.value_high - bases.value_low) * 0.5 * percentages.value_high as tolerance
    from {{ ref('int_quantities') }} as percentages
    inner join {{ ref('int_quantities') }} as counts
        on percentages.count_key = counts.quantity_key and counts.origin = 'printed'
    inner join {{ ref('int_quantities') }} as bases
        on percentages.base_key = bases.quantity_key
    where percentages.statistic = 'percent'
)

select {{ relation_term(
    id='observation_id', quantity='quantity_key', coefficient='-base',
    coefficient_of='base_key', low='-tolerance', high='tolerance', is_subject='true'
) }}
from pairs
union all
select {{ relation_term(
    id='observation_id', quantity='count_key', coefficient='100',
    low='-tolerance', high='tolerance'
) }}
from pairs

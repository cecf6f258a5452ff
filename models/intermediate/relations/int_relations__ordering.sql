-- Minimum, mean and maximum of one thing come in that order, in units of one kind.
with quantities as (
    select
        quantities.*,
        measures.concept,
        measures.base_unit,
        measures.base_unit_factor as factor
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('measures') }} as measures
        on quantities.measure_id = measures.measure_id
    where
        quantities.origin = 'printed'
        and quantities.statistic in ('minimum', 'mean', 'maximum')
        and quantities.value_low is not null
),

pairs as (
    select
        quantities.observation_id || case extremes.statistic
            when 'minimum' then '' else '.greatest'
        end as id,
        quantities.quantity_key,
        quantities.factor,
        extremes.quantity_key as extreme_key,
        extremes.factor as extreme_factor,
        case extremes.statistic when 'minimum' then 0 end as low,
        case extremes.statistic when 'maximum' then 0 end as high
    from quantities
    inner join quantities as extremes
        on
            quantities.fiscal_year = extremes.fiscal_year
            and quantities.population_id = extremes.population_id
            and quantities.concept = extremes.concept
            and quantities.base_unit = extremes.base_unit
            and quantities.statistic <> extremes.statistic
            and extremes.category_role = 'total'
            and extremes.statistic in ('minimum', 'maximum')
)

select {{ relation_term(
    id='id', quantity='quantity_key', coefficient='factor', low='low', high='high',
    is_subject='true'
) }}
from pairs
union all
select {{ relation_term(
    id='id', quantity='extreme_key', coefficient='-extreme_factor', low='low',
    high='high'
) }}
from pairs

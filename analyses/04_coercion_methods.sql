-- How many offenders used each method of coercion, and where does the report say so?
-- The report prints percentages of all production offenders, not of those who coerced;
-- the counts are the least and the greatest that round to them. Methods overlap: the
-- counts add up to more than the offenders who coerced.
select
    methods.fiscal_year,
    methods.sort_order,
    methods.label,
    percentages.printed_value as printed_percent,
    methods.offender_count_low,
    methods.offender_count_high,
    methods.population_offender_count,
    percentages.locator,
    percentages.footnote
from {{ ref('fct_coercion_methods') }} as methods
inner join {{ ref('fct_observations') }} as percentages
    on methods.percent_observation_id = percentages.observation_id
order by methods.fiscal_year, methods.sort_order

-- Of the offenders who coerced, how many used one approach and how many more than one?
-- The base of these percentages is the offenders who coerced, not all production
-- offenders. The two categories exclude each other: their counts sum to the base.
select
    fiscal_year,
    label,
    offender_count,
    population_id,
    population_offender_count,
    published_percent
from {{ ref('fct_coercion_approach_counts') }}
order by fiscal_year, sort_order

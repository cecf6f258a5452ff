-- How many offenders used any inducement, and what was their mean sentence?
-- The report prints neither: both are derived as the population less the offenders who
-- used none. The mean is the weighted remainder, and its bounds are what the rounding
-- of the two printed means leaves open. The mean of the four inducements' means would
-- count some offenders twice and weigh small groups like large ones.
select
    fiscal_year,
    offender_count,
    population_offender_count,
    mean_sentence_months,
    mean_sentence_months_low,
    mean_sentence_months_high,
    obs_status
from {{ ref('fct_sentence_by_inducement_use') }}
where inducement_use_id = 'any'
order by fiscal_year

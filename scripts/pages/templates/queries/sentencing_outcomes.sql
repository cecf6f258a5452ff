select
    outcomes.fiscal_year,
    outcomes.outcome_id,
    outcomes.label,
    outcomes.printed_value,
    outcomes.obs_value,
    outcomes.unit,
    years.offender_count as population_offender_count,
    outcomes.observation_id
from marts.fct_sentencing_outcomes as outcomes
left join marts.fct_offenders_by_fiscal_year as years
    on outcomes.fiscal_year = years.fiscal_year
order by outcomes.fiscal_year, outcomes.unit, outcomes.label

select
    years.fiscal_year,
    years.offender_count,
    years.first_fiscal_year,
    years.percent_change_from_first_year,
    years.published_percent_change,
    years.count_observation_id,
    changes.observation_id as change_observation_id
from marts.fct_offenders_by_fiscal_year as years
left join marts.fct_observations as changes
    on
        years.fiscal_year = changes.fiscal_year
        and years.first_fiscal_year = changes.reference_fiscal_year
        and changes.measure_id = 'offender_count_percent_change'
        and changes.population_id = 'production_offenders'
        and changes.is_preferred
order by years.fiscal_year

select
    population_id, population_label, fiscal_year, offender_count, parent_population_id,
    parent_offender_count, count_observation_id, mean_observation_id
from marts.fct_population_totals
order by fiscal_year, population_id

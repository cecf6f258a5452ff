select
    uses.fiscal_year,
    uses.inducement_use_id,
    uses.inducement_use_label,
    uses.offender_count,
    uses.population_offender_count,
    uses.mean_sentence_months,
    uses.mean_sentence_months_low,
    uses.mean_sentence_months_high,
    uses.obs_status,
    max(observation_id) filter (where measure_id = 'offender_count') as count_observation_id,
    max(observation_id) filter (where measure_id = 'mean_sentence_months') as mean_observation_id
from marts.fct_sentence_by_inducement_use as uses
inner join marts.fct_observations as observations using (fiscal_year, category_key)
where is_preferred
group by all
order by uses.fiscal_year, min(uses.sort_order)

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
    counts.observation_id as count_observation_id,
    means.observation_id as mean_observation_id
from marts.fct_sentence_by_inducement_use as uses
inner join marts.fct_observations as counts
    on
        uses.fiscal_year = counts.fiscal_year
        and uses.category_key = counts.category_key
        and counts.measure_id = 'offender_count'
        and counts.is_preferred
inner join marts.fct_observations as means
    on
        uses.fiscal_year = means.fiscal_year
        and uses.category_key = means.category_key
        and means.measure_id = 'mean_sentence_months'
        and means.is_preferred
order by uses.fiscal_year, uses.sort_order

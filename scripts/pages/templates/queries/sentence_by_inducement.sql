select
    sentences.fiscal_year,
    sentences.inducement_id,
    sentences.inducement_label,
    sentences.offender_count,
    sentences.offender_percent,
    sentences.mean_sentence_months,
    sentences.months_above_no_inducement,
    means.value_low - nones.mean_sentence_months_high as months_above_low,
    means.value_high - nones.mean_sentence_months_low as months_above_high,
    sentences.count_observation_id,
    sentences.mean_observation_id
from marts.fct_sentence_by_inducement as sentences
inner join marts.fct_observations as means
    on sentences.mean_observation_id = means.observation_id
left join marts.fct_sentence_by_inducement_use as nones
    on
        sentences.fiscal_year = nones.fiscal_year
        and nones.inducement_use_id = 'none'
        and sentences.inducement_id <> 'none'
order by sentences.fiscal_year, sentences.sort_order

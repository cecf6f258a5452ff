{{ category_numbers('inducements', 'production_offenders') }}

select
    fiscal_year,
    category_key,
    category_id as inducement_use_id,
    label as inducement_use_label,
    sort_order,
    offender_count,
    population_offender_count,
    cast(mean_sentence_months as decimal(9, 4)) as mean_sentence_months,
    cast(mean_sentence_months_low as decimal(9, 4)) as mean_sentence_months_low,
    cast(mean_sentence_months_high as decimal(9, 4)) as mean_sentence_months_high,
    offender_count_status as obs_status
from category_numbers
where category_role in ('any', 'none')
order by fiscal_year, sort_order

{{ category_numbers('inducements', 'production_offenders') }}

select
    numbers.fiscal_year,
    numbers.category_key,
    numbers.category_id as inducement_id,
    numbers.label as inducement_label,
    numbers.sort_order,
    numbers.offender_count,
    numbers.population_offender_count,
    cast({{ exact_quotient(
        '100 * numbers.offender_count', 'numbers.population_offender_count'
    ) }} as decimal(7, 4)) as offender_percent,
    numbers.published_percent,
    cast(numbers.mean_sentence_months as decimal(9, 2)) as mean_sentence_months,
    cast(numbers.population_mean_sentence_months as decimal(9, 2))
        as population_mean_sentence_months,
    cast(
        numbers.mean_sentence_months - nones.mean_sentence_months as decimal(9, 2)
    ) as months_above_no_inducement,
    numbers.count_observation_id,
    numbers.mean_observation_id
from category_numbers as numbers
left join category_numbers as nones
    on numbers.fiscal_year = nones.fiscal_year and nones.category_role = 'none'
where numbers.category_role in ('part', 'none')
order by numbers.fiscal_year, numbers.sort_order

with observations as (
    select * from {{ ref('fct_observations') }}
    where
        is_preferred
        and population_id = 'production_offenders'
        and classification_id in ('inducements', 'population_total')
),

categories as (
    select * from {{ ref('dim_categories') }}
    where classification_id = 'inducements' and category_role in ('part', 'none')
),

measured as (
    select
        fiscal_year,
        category_id,
        max(case when measure_id = 'offender_count' then obs_value end)
            as offender_count,
        max(case when measure_id = 'offender_percent' then obs_value end)
            as published_percent,
        max(case when measure_id = 'mean_sentence_months' then obs_value end)
            as mean_sentence_months,
        max(case when measure_id = 'offender_count' then observation_id end)
            as count_observation_id,
        max(case when measure_id = 'mean_sentence_months' then observation_id end)
            as mean_observation_id
    from observations
    group by fiscal_year, category_id
)

select
    measured.fiscal_year,
    categories.category_key,
    categories.category_id as inducement_id,
    categories.label as inducement_label,
    categories.sort_order,
    cast(measured.offender_count as bigint) as offender_count,
    cast(totals.offender_count as bigint) as population_offender_count,
    cast({{ exact_quotient(
        '100 * measured.offender_count', 'totals.offender_count'
    ) }} as decimal(7, 4)) as offender_percent,
    cast(measured.published_percent as decimal(6, 2)) as published_percent,
    cast(measured.mean_sentence_months as decimal(9, 2)) as mean_sentence_months,
    cast(totals.mean_sentence_months as decimal(9, 2))
        as population_mean_sentence_months,
    cast(
        measured.mean_sentence_months - nones.mean_sentence_months as decimal(9, 2)
    ) as months_above_no_inducement,
    measured.count_observation_id,
    measured.mean_observation_id
from measured
inner join categories on measured.category_id = categories.category_id
inner join measured as totals
    on measured.fiscal_year = totals.fiscal_year and totals.category_id = 'total'
left join measured as nones
    on measured.fiscal_year = nones.fiscal_year and nones.category_id = 'none'
order by measured.fiscal_year, categories.sort_order

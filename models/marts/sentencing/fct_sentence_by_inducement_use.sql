with observations as (
    select * from {{ ref('fct_observations') }}
    where
        is_preferred
        and population_id = 'production_offenders'
        and classification_id in ('inducements', 'population_total')
),

categories as (
    select * from {{ ref('dim_categories') }}
    where classification_id = 'inducements' and category_role in ('any', 'none')
),

counts as (
    select * from observations
    where measure_id = 'offender_count'
),

means as (
    select * from observations
    where measure_id = 'mean_sentence_months'
)

select
    counts.fiscal_year,
    categories.category_key,
    categories.category_id as inducement_use_id,
    categories.label as inducement_use_label,
    categories.sort_order,
    cast(counts.obs_value as bigint) as offender_count,
    cast(totals.obs_value as bigint) as population_offender_count,
    cast(means.obs_value as decimal(9, 4)) as mean_sentence_months,
    cast(means.value_low as decimal(9, 4)) as mean_sentence_months_low,
    cast(means.value_high as decimal(9, 4)) as mean_sentence_months_high,
    counts.obs_status
from counts
inner join categories on counts.category_id = categories.category_id
inner join counts as totals
    on
        counts.fiscal_year = totals.fiscal_year
        and totals.classification_id = 'population_total'
left join means
    on
        counts.fiscal_year = means.fiscal_year
        and counts.category_id = means.category_id
order by counts.fiscal_year, categories.sort_order

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
),

totals as (
    select * from counts
    where classification_id = 'population_total'
),

sentence_by_inducement_use as (
    select
        counts.fiscal_year,
        categories.category_key,
        categories.category_id as inducement_use_id,
        categories.label as inducement_use_label,
        categories.sort_order,
        counts.obs_value as offender_count,
        totals.obs_value as population_offender_count,
        means.obs_value as mean_sentence_months,
        means.value_low as mean_sentence_months_low,
        means.value_high as mean_sentence_months_high,
        counts.obs_status
    from counts
    inner join categories on counts.category_id = categories.category_id
    inner join totals on counts.fiscal_year = totals.fiscal_year
    left join means
        on
            counts.fiscal_year = means.fiscal_year
            and counts.category_id = means.category_id
)

select
    fiscal_year,
    category_key,
    inducement_use_id,
    inducement_use_label,
    sort_order,
    cast(offender_count as bigint) as offender_count,
    cast(population_offender_count as bigint) as population_offender_count,
    cast(mean_sentence_months as decimal(9, 4)) as mean_sentence_months,
    cast(mean_sentence_months_low as decimal(9, 4)) as mean_sentence_months_low,
    cast(mean_sentence_months_high as decimal(9, 4)) as mean_sentence_months_high,
    obs_status
from sentence_by_inducement_use
order by fiscal_year, sort_order

{# One row per fiscal year and category: count bounds, published percentage, and the base. #}

{% macro category_counts_and_percentages(classification_id) %}
with observations as (
    select * from {{ ref('fct_observations') }}
    where is_preferred
),

categories as (
    select * from {{ ref('dim_categories') }}
    where classification_id = '{{ classification_id }}' and category_role <> 'group'
),

population_counts as (select * from {{ ref('int_population_counts') }}),

classifications as (
    select * from {{ ref('dim_classifications') }}
    where classification_id = '{{ classification_id }}'
),

classified as (
    select observations.*
    from observations
    inner join classifications
        on
            observations.classification_id = classifications.classification_id
            and observations.population_id = classifications.population_id
),

counts as (select * from classified where measure_id = 'offender_count'),

percentages as (select * from classified where measure_id = 'offender_percent'),

category_counts as (
    select
        counts.fiscal_year,
        counts.classification_id,
        counts.category_id,
        categories.category_key,
        categories.label,
        categories.sort_order,
        categories.range_from,
        categories.range_to,
        counts.population_id,
        population_counts.offender_count as population_offender_count,
        percentages.obs_value as published_percent,
        percentages.decimals as published_percent_decimals,
        counts.obs_value as offender_count,
        counts.value_low as offender_count_low,
        counts.value_high as offender_count_high,
        percentages.value_low * population_counts.offender_count <= 100 * counts.value_low
        and 100 * counts.value_high <= percentages.value_high * population_counts.offender_count
            as is_attainable,
        counts.obs_status,
        counts.observation_id as count_observation_id,
        percentages.observation_id as percent_observation_id
    from counts
    inner join categories on counts.category_id = categories.category_id
    inner join population_counts
        on
            counts.fiscal_year = population_counts.fiscal_year
            and counts.population_id = population_counts.population_id
    left join percentages
        on
            counts.fiscal_year = percentages.fiscal_year
            and counts.category_id = percentages.category_id
)
{% endmacro %}

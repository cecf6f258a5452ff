{# One row per fiscal year and category: count bounds, published percentage, and the base. #}

{% macro category_counts_and_percentages(classification_id, population_id) %}
with observations as not materialized (
    select * from {{ ref('fct_observations') }}
    where is_preferred
),

categories as (
    select * from {{ ref('dim_categories') }}
    where classification_id = '{{ classification_id }}' and category_role <> 'group'
),

populations as (
    select * from {{ ref('dim_populations') }}
    where population_id = '{{ population_id }}'
),

counts as (
    select * from observations
    where population_id = '{{ population_id }}' and measure_id = 'offender_count'
),

-- A population that a category of another forms has that category's number.
population_counts as (
    select
        observations.fiscal_year,
        observations.obs_value as offender_count
    from populations
    inner join observations
        on
            coalesce(populations.parent_population_id, populations.population_id)
            = observations.population_id
            and coalesce(
                populations.classification_id || '.' || populations.category_id,
                'population_total.total'
            ) = observations.category_key
            and observations.measure_id = 'offender_count'
),

category_counts as (
    select
        counts.fiscal_year,
        categories.category_key,
        categories.classification_id,
        categories.category_id,
        categories.label,
        categories.sort_order,
        counts.population_id,
        cast(population_counts.offender_count as bigint) as population_offender_count,
        cast(percentages.obs_value as decimal(6, 2)) as published_percent,
        percentages.decimals as published_percent_decimals,
        cast(counts.obs_value as bigint) as offender_count,
        cast(counts.value_low as bigint) as offender_count_low,
        cast(counts.value_high as bigint) as offender_count_high,
        percentages.value_low * population_counts.offender_count <= 100 * counts.value_low
        and 100 * counts.value_high <= percentages.value_high * population_counts.offender_count
            as is_attainable,
        counts.obs_status as offender_count_status,
        counts.observation_id as count_observation_id,
        percentages.observation_id as percent_observation_id
    from counts
    inner join categories on counts.category_key = categories.category_key
    inner join population_counts on counts.fiscal_year = population_counts.fiscal_year
    left join observations as percentages
        on
            counts.fiscal_year = percentages.fiscal_year
            and counts.population_id = percentages.population_id
            and counts.category_key = percentages.category_key
            and percentages.measure_id = 'offender_percent'
)
{% endmacro %}

{# A topical fact of one classification: one row per fiscal year and category. #}
{% macro category_fact(classification_id, population_id='production_offenders') %}
{{ category_counts_and_percentages(classification_id, population_id) }}

select * from category_counts
order by fiscal_year, sort_order
{% endmacro %}

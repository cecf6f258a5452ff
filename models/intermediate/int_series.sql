{{ config(materialized='view') }}

with observations as (select * from {{ ref('int_observations') }}),

measures as (select * from {{ ref('measures') }}),

classifications as (select * from {{ ref('classifications') }}),

populations as (select * from {{ ref('populations') }}),

preferred as (select * from {{ ref('int_preferred') }}),

-- A category is part of the category that its classification divides, or else of the
-- population, which may itself be a category of another.
series as (
    select
        observations.observation_key,
        observations.observation_id,
        observations.series_key,
        observations.fiscal_year,
        observations.series_population_id as population_id,
        observations.series_category_key as category_key,
        observations.measure_id,
        measures.statistic,
        measures.of_measure_id,
        observations.percent_base,
        observations.printed_value,
        observations.value_low,
        observations.value_high,
        measures.value_from,
        measures.value_to,
        coalesce(populations.parent_population_id, observations.series_population_id)
            as total_population_id,
        coalesce(
            populations.classification_id || '.' || populations.category_id,
            'population_total.total'
        ) as total_category_key,
        classifications.parent_classification_id
        || '.' || classifications.parent_category_id as parent_category_key
    from preferred
    inner join observations on preferred.observation_key = observations.observation_key
    left join measures on observations.measure_id = measures.measure_id
    left join classifications
        on
            split_part(observations.series_category_key, '.', 1)
            = classifications.classification_id
    left join populations
        on
            observations.series_population_id = populations.population_id
            and populations.category_id is not null
)

select * from series

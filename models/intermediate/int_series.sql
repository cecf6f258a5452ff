{{ config(materialized='ephemeral') }}

-- A category is part of the category that its classification divides, or else of the
-- population, which may itself be a category of another.
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
from {{ ref('int_preferred') }} as preferred
inner join {{ ref('int_observations') }} as observations
    on preferred.observation_key = observations.observation_key
left join {{ ref('measures') }} as measures
    on observations.measure_id = measures.measure_id
left join {{ ref('classifications') }} as classifications
    on
        split_part(observations.series_category_key, '.', 1)
        = classifications.classification_id
left join {{ ref('populations') }} as populations
    on
        observations.series_population_id = populations.population_id
        and populations.category_id is not null

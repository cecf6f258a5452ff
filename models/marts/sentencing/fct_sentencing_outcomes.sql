with observations as (
    select * from {{ ref('fct_observations') }}
    where
        is_preferred
        and obs_status = 'published'
        and population_id = 'production_offenders'
),

categories as (select * from {{ ref('dim_categories') }}),

measures as (select * from {{ ref('dim_measures') }}),

sentence_statistics as (
    select
        observations.*,
        observations.measure_id as outcome_id,
        measures.label,
        measures.unit
    from observations
    inner join measures on observations.measure_id = measures.measure_id
    where
        observations.classification_id = 'population_total'
        and measures.concept = 'sentence'
),

outcome_percentages as (
    select
        observations.*,
        observations.category_id as outcome_id,
        categories.label,
        measures.unit
    from observations
    inner join measures on observations.measure_id = measures.measure_id
    inner join categories
        on
            observations.classification_id = categories.classification_id
            and observations.category_id = categories.category_id
    where
        observations.classification_id = 'sentencing_outcomes'
        and observations.measure_id = 'offender_percent'
),

provisions as (
    select
        observations.*,
        observations.measure_id as outcome_id,
        measures.label
        || case
            when measures.statistic = 'guideline' then ': ' || categories.label else ''
        end as label,
        measures.unit
    from observations
    inner join measures on observations.measure_id = measures.measure_id
    inner join categories
        on
            observations.classification_id = categories.classification_id
            and observations.category_id = categories.category_id
    where measures.statistic in ('statutory', 'guideline')
),

sentencing_outcomes as (
    select * from sentence_statistics
    union all
    select * from outcome_percentages
    union all
    select * from provisions
)

select
    fiscal_year,
    outcome_id,
    label,
    printed_value,
    cast(obs_value as decimal(18, 4)) as obs_value,
    unit,
    observation_id
from sentencing_outcomes
order by fiscal_year, observation_id

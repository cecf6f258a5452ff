with observations as (
    select * from {{ ref('int_observations__published') }}
    where measure_id = 'offender_count' and is_preferred
),

populations as (select * from {{ ref('populations') }}),

totals as (
    select
        fiscal_year,
        population_id,
        report_id,
        exhibit_id,
        observation_id,
        cast(obs_value as bigint) as offender_count
    from observations
    where classification_id = 'population_total'
),

-- A population without a printed total is a category of its parent population.
categories as (
    select
        observations.fiscal_year,
        populations.population_id,
        observations.report_id,
        observations.exhibit_id,
        observations.observation_id,
        cast(observations.obs_value as bigint) as offender_count
    from populations
    inner join observations
        on
            populations.parent_population_id = observations.population_id
            and populations.classification_id = observations.classification_id
            and populations.category_id = observations.category_id
    left join totals
        on
            populations.population_id = totals.population_id
            and observations.fiscal_year = totals.fiscal_year
    where totals.population_id is null
),

population_counts as (
    select * from totals
    union all
    select * from categories
)

select * from population_counts

with observations as (
    select
        observations.*,
        measures.statistic,
        measures.concept,
        measures.base_unit,
        observations.obs_value * measures.base_unit_factor as base_value,
        observations.value_low * measures.base_unit_factor as base_low,
        observations.value_high * measures.base_unit_factor as base_high
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
    where measures.statistic in ('minimum', 'mean', 'maximum')
),

extremes as (
    select
        fiscal_year,
        population_id,
        concept,
        base_unit,
        max(case when statistic = 'minimum' then base_value end) as least_value,
        min(case when statistic = 'maximum' then base_value end) as greatest_value
    from observations
    where classification_id = 'population_total'
    group by fiscal_year, population_id, concept, base_unit
),

checks as (
    select
        'ordering:' || observations.observation_id as check_id,
        'ordering' as rule_id,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.observation_id,
        observations.row_label || ', ' || observations.column_name as subject,
        observations.printed_value,
        extremes.least_value as expected_low,
        extremes.greatest_value as expected_high,
        (
            extremes.least_value is null
            or observations.base_high is null
            or observations.base_high >= extremes.least_value
        )
        and (
            extremes.greatest_value is null
            or observations.base_low is null
            or observations.base_low <= extremes.greatest_value
        ) as is_consistent,
        'minimum, mean and maximum in that order, in ' || observations.base_unit
            as explanation
    from observations
    inner join extremes
        on
            observations.fiscal_year = extremes.fiscal_year
            and observations.population_id = extremes.population_id
            and observations.concept = extremes.concept
            and observations.base_unit = extremes.base_unit
)

select * from checks

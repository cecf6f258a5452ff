with observations as (
    select * from {{ ref('int_observations__published') }}
    where
        is_preferred
        and measure_id in ('offender_count', 'offender_percent')
        and classification_id <> 'population_total'
),

population_counts as (select * from {{ ref('int_population_counts') }}),

counts as (
    select * from observations
    where measure_id = 'offender_count'
),

percentages as (
    select * from observations
    where measure_id = 'offender_percent'
),

paired as (
    select
        coalesce(counts.fiscal_year, percentages.fiscal_year) as fiscal_year,
        coalesce(counts.population_id, percentages.population_id) as population_id,
        coalesce(counts.classification_id, percentages.classification_id)
            as classification_id,
        coalesce(counts.category_id, percentages.category_id) as category_id,
        coalesce(counts.report_id, percentages.report_id) as report_id,
        coalesce(counts.exhibit_id, percentages.exhibit_id) as exhibit_id,
        counts.observation_id as count_observation_id,
        percentages.observation_id as percent_observation_id,
        cast(counts.obs_value as bigint) as published_count,
        percentages.obs_value as published_percent,
        percentages.printed_value as printed_percent,
        percentages.value_low as percent_low,
        percentages.value_high as percent_high
    from counts
    full outer join percentages
        on
            counts.fiscal_year = percentages.fiscal_year
            and counts.population_id = percentages.population_id
            and counts.classification_id = percentages.classification_id
            and counts.category_id = percentages.category_id
),

based as (
    select
        paired.*,
        population_counts.offender_count as population_count,
        {{ least_count('paired.percent_low', 'population_counts.offender_count') }}
            as least_count,
        {{ greatest_count('paired.percent_high', 'population_counts.offender_count') }}
            as greatest_count
    from paired
    left join population_counts
        on
            paired.fiscal_year = population_counts.fiscal_year
            and paired.population_id = population_counts.population_id
),

-- Where no whole count rounds to the printed percentage, the least count that is too
-- high and the greatest that is too low enclose it: the bounds change places.
category_counts as (
    select
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        report_id,
        exhibit_id,
        count_observation_id,
        percent_observation_id,
        coalesce(count_observation_id, percent_observation_id) as observation_id,
        population_count,
        published_count,
        published_percent,
        printed_percent,
        percent_low,
        percent_high,
        least_count <= greatest_count as is_attainable,
        coalesce(published_count, least(least_count, greatest_count)) as count_low,
        coalesce(published_count, greatest(least_count, greatest_count)) as count_high
    from based
)

select * from category_counts

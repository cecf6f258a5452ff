with observations as (
    select * from {{ ref('int_observations__published') }}
    where measure_id = 'offender_percent'
),

population_counts as (select * from {{ ref('int_population_counts') }}),

based as (
    select
        observations.*,
        population_counts.offender_count as base
    from observations
    inner join population_counts
        on
            observations.fiscal_year = population_counts.fiscal_year
            and observations.population_id = population_counts.population_id
),

counted as (
    select
        based.*,
        {{ least_count('based.value_low', 'based.base') }} as least_count,
        {{ greatest_count('based.value_high', 'based.base') }} as greatest_count
    from based
),

neighbours as (
    select
        counted.*,
        counted.least_count <= counted.greatest_count as is_consistent,
        least(counted.least_count, counted.greatest_count) as count_low,
        greatest(counted.least_count, counted.greatest_count) as count_high
    from counted
),

bounded as (
    select
        neighbours.*,
        {{ exact_quotient('100 * count_low', 'base') }} as expected_low,
        {{ exact_quotient('100 * count_high', 'base') }} as expected_high
    from neighbours
),

checks as (
    select
        'attainable_percentage:' || observation_id as check_id,
        'attainable_percentage' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        row_label || ', ' || column_name as subject,
        printed_value,
        expected_low,
        expected_high,
        is_consistent,
        case
            when is_consistent
                then
                    count_low || case
                        when count_low < count_high then ' to ' || count_high else ''
                    end || ' of ' || base || ' is ' || printed_value || ' percent'
            else
                'no whole number of ' || base || ' is ' || printed_value
                || ' percent: ' || count_low || ' is ' || expected_low || ' and '
                || count_high || ' is ' || expected_high
        end as explanation
    from bounded
)

select * from checks

with observations as (select * from {{ ref('int_observations__published') }}),

category_counts as (
    select * from {{ ref('int_category_counts') }}
    where published_count is not null and population_count is not null
),

paired as (
    select
        observations.*,
        category_counts.published_count,
        category_counts.population_count,
        {{ exact_quotient(
            '100 * category_counts.published_count', 'category_counts.population_count'
        ) }} as exact_percent
    from observations
    inner join category_counts
        on
            observations.fiscal_year = category_counts.fiscal_year
            and observations.population_id = category_counts.population_id
            and observations.classification_id = category_counts.classification_id
            and observations.category_id = category_counts.category_id
    where observations.measure_id = 'offender_percent'
),

checks as (
    select
        'percentage_agrees_with_count:' || observation_id as check_id,
        'percentage_agrees_with_count' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        row_label || ', ' || column_name as subject,
        printed_value,
        exact_percent as expected_low,
        exact_percent as expected_high,
        value_low * population_count <= 100 * published_count
        and 100 * published_count <= value_high * population_count as is_consistent,
        published_count || ' of ' || population_count || ' is ' || exact_percent
        || ' percent' as explanation
    from paired
)

select * from checks

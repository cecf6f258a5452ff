with observations as (
    select
        observations.*,
        measures.of_measure_id
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
    where measures.statistic = 'percent_change'
),

bases as (
    select * from {{ ref('int_observations__published') }}
    where is_preferred
),

compared as (
    select
        observations.*,
        laters.printed_value as later_printed_value,
        laters.value_low as later_low,
        laters.value_high as later_high,
        earliers.printed_value as earlier_printed_value,
        earliers.value_low as earlier_low,
        earliers.value_high as earlier_high
    from observations
    inner join bases as laters
        on
            observations.fiscal_year = laters.fiscal_year
            and observations.population_id = laters.population_id
            and observations.classification_id = laters.classification_id
            and observations.category_id = laters.category_id
            and observations.of_measure_id = laters.measure_id
    inner join bases as earliers
        on
            observations.reference_fiscal_year = earliers.fiscal_year
            and observations.population_id = earliers.population_id
            and observations.classification_id = earliers.classification_id
            and observations.category_id = earliers.category_id
            and observations.of_measure_id = earliers.measure_id
    where earliers.value_low > 0
),

checks as (
    select
        'percent_change:' || observation_id as check_id,
        'percent_change' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        row_label || ', ' || column_name as subject,
        printed_value,
        {{ exact_quotient('100 * (later_low - earlier_high)', 'earlier_high', 'down') }}
            as expected_low,
        {{ exact_quotient('100 * (later_high - earlier_low)', 'earlier_low', 'up') }}
            as expected_high,
        value_high * earlier_high >= 100 * (later_low - earlier_high)
        and value_low * earlier_low <= 100 * (later_high - earlier_low)
            as is_consistent,
        'from ' || earlier_printed_value || ' to ' || later_printed_value as explanation
    from compared
)

select * from checks

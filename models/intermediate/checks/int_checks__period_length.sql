with observations as (
    select observations.*
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
    where measures.statistic = 'period'
),

checks as (
    select
        'period_length:' || observation_id as check_id,
        'period_length' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        row_label || ', ' || column_name as subject,
        printed_value,
        fiscal_year - reference_fiscal_year + 1 as expected_low,
        fiscal_year - reference_fiscal_year + 1 as expected_high,
        obs_value = fiscal_year - reference_fiscal_year + 1 as is_consistent,
        'fiscal years ' || reference_fiscal_year || ' to ' || fiscal_year
        || ', both counted' as explanation
    from observations
)

select * from checks

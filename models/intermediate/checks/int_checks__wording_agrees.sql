with observations as (select * from {{ ref('int_observations__published') }}),

wordings as (
    select * from {{ ref('wordings') }}
    where value_low is not null or value_high is not null
),

checks as (
    select
        'wording_agrees:' || observations.observation_id as check_id,
        'wording_agrees' as rule_id,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.observation_id,
        observations.row_label || ', "' || wordings.wording || '"' as subject,
        observations.printed_value,
        wordings.value_low as expected_low,
        wordings.value_high as expected_high,
        (
            observations.obs_value > wordings.value_low
            or (wordings.includes_low and observations.obs_value = wordings.value_low)
        )
        and (
            observations.obs_value < wordings.value_high
            or (wordings.includes_high and observations.obs_value = wordings.value_high)
        ) as is_consistent,
        wordings.meaning as explanation
    from observations
    inner join wordings
        on
            observations.wording = wordings.wording
            and observations.measure_id = wordings.measure_id
)

select * from checks

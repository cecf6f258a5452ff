with observations as (select * from {{ ref('int_observations__published') }}),

repeated as (
    select
        repeats.*,
        preferred.observation_id as preferred_observation_id,
        preferred.printed_value as preferred_printed_value,
        preferred.obs_value as preferred_obs_value,
        preferred.decimals as preferred_decimals,
        preferred.value_low as preferred_low,
        preferred.value_high as preferred_high
    from observations as repeats
    inner join observations as preferred
        on
            repeats.fiscal_year = preferred.fiscal_year
            and repeats.population_id = preferred.population_id
            and repeats.classification_id = preferred.classification_id
            and repeats.category_id = preferred.category_id
            and repeats.measure_id = preferred.measure_id
            and coalesce(repeats.reference_fiscal_year, 0)
            = coalesce(preferred.reference_fiscal_year, 0)
            and coalesce(repeats.reference_category_id, '')
            = coalesce(preferred.reference_category_id, '')
    where preferred.is_preferred and not repeats.is_preferred
),

checks as (
    select
        'cross_exhibit_agreement:' || observation_id as check_id,
        'cross_exhibit_agreement' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        row_label || ', ' || column_name as subject,
        printed_value,
        preferred_low as expected_low,
        preferred_high as expected_high,
        coalesce(
            case
                when decimals = preferred_decimals then obs_value = preferred_obs_value
                else value_low <= preferred_high and value_high >= preferred_low
            end,
            printed_value = preferred_printed_value
        ) as is_consistent,
        'also printed as '
        || preferred_printed_value
        || ' ('
        || preferred_observation_id
        || ')' as explanation
    from repeated
)

select * from checks

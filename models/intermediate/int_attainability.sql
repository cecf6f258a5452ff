-- Whether some whole number of the base rounds to the printed percentage. That is a
-- statement about whole numbers and no linear relation.
with quantities as not materialized (select * from {{ ref('int_quantities') }}),

based as (
    select
        percentages.quantity_key,
        percentages.observation_id,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.row_label || ', ' || observations.column_name as subject,
        percentages.printed_value,
        percentages.percent_base,
        observations.decimals,
        bases.value_low as base_low,
        bases.value_high as base_high,
        {{ least_count('percentages.value_low', 'bases.value_low') }} as least_count,
        {{ greatest_count('percentages.value_high', 'bases.value_high') }}
            as greatest_count
    from quantities as percentages
    inner join {{ ref('int_observations') }} as observations
        on percentages.observation_key = observations.observation_key
    left join quantities as bases
        on percentages.base_key = bases.quantity_key and bases.value_low > 0
    where percentages.statistic = 'percent' and percentages.origin = 'printed'
),

-- Nearest below and above, where none is attained.
neighbours as (
    select
        based.*,
        least(least_count, greatest_count) as count_low,
        greatest(least_count, greatest_count) as count_high
    from based
),

attainability as (
    select
        observation_id,
        exhibit_id,
        fiscal_year,
        subject,
        printed_value,
        percent_base,
        base_low,
        base_high,
        count_low,
        count_high,
        least_count <= greatest_count as is_attainable,
        -- Neighbouring counts are closer together than the digits can tell apart.
        base_low >= case decimals when 0 then 100 when 1 then 1000 else 10000 end
            as is_vacuous,
        {{ exact_quotient('100 * count_low', 'base_high') }} as expected_low,
        {{ exact_quotient('100 * count_high', 'base_low') }} as expected_high
    from neighbours
)

select * from attainability

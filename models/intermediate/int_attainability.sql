-- Whether some whole number of the base rounds to the printed percentage. That is a
-- statement about whole numbers and no linear relation.
{{ config(materialized='ephemeral') }}

with quantities as {{ not_materialized() }} (select * from {{ ref('int_quantities') }}),

based as (
    select
        percentages.observation_id,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.row_label || ', ' || observations.column_name as subject,
        percentages.printed_value,
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
        least_count <= greatest_count as is_attainable,
        least(least_count, greatest_count) as count_low,
        greatest(least_count, greatest_count) as count_high,
        {{ interval_in_words('base_low', 'base_high') }} as base_in_words
    from based
),

attainability as (
    select
        neighbours.*,
        'attainable_percentage' as rule_id,
        -- Neighbouring counts are closer together than the digits can tell apart.
        base_low >= case decimals when 0 then 100 when 1 then 1000 else 10000 end
            as is_vacuous,
        {{ exact_quotient('100 * count_low', 'base_high') }} as expected_low,
        {{ exact_quotient('100 * count_high', 'base_low') }} as expected_high
    from neighbours
)

select
    rule_id,
    exhibit_id,
    fiscal_year,
    observation_id,
    subject,
    printed_value,
    expected_low,
    expected_high,
    is_attainable,
    is_vacuous,
    case
        when is_attainable is null
            then 'the number that it is a percentage of is not printed'
        when is_attainable
            then
                {{ interval_in_words('count_low', 'count_high') }} || ' of '
                || base_in_words || ' is ' || printed_value || ' percent'
        else
            'no whole number of ' || base_in_words || ' is ' || printed_value
            || ' percent: ' || count_low || ' is ' || expected_low || ' and '
            || count_high || ' is ' || expected_high
    end as explanation
from attainability

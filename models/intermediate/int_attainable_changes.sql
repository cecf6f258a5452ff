-- Changes since a year whose number is not printed: whether some whole number of that
-- year gives the change, and which.
{{ config(materialized='ephemeral') }}

with quantities as {{ not_materialized() }} (select * from {{ ref('int_quantities') }}),

changes as (
    select
        quantities.observation_id,
        quantities.printed_value,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.row_label || ', ' || observations.column_name as subject,
        laters.value_low as later,
        100 + least(
            measures.base_unit_factor * quantities.value_low,
            measures.base_unit_factor * quantities.value_high
        ) as ratio_low,
        100 + greatest(
            measures.base_unit_factor * quantities.value_low,
            measures.base_unit_factor * quantities.value_high
        ) as ratio_high
    from quantities
    inner join {{ ref('measures') }} as measures
        on quantities.measure_id = measures.measure_id
    inner join {{ ref('int_observations') }} as observations
        on quantities.observation_key = observations.observation_key
    left join quantities as laters
        on
            laters.series_key = {{ series_key(
                'observations.fiscal_year', 'quantities.population_id',
                'quantities.category_key', 'measures.of_measure_id'
            ) }}
            and laters.statistic = 'count'
            and laters.value_low = laters.value_high
    left join {{ ref('int_relations') }} as relations
        on
            quantities.observation_id = relations.observation_id
            and relations.rule_id = 'percent_change'
    where quantities.statistic = 'percent_change' and relations.relation_id is null
),

-- A whole number cannot fall by all of it or more.
bounded as (
    select
        changes.*,
        case when ratio_low > 0 then {{ whole_division(
            '1000000 * ' ~ wide('later'), ten_thousandths('ratio_high'), 'up'
        ) }} end as least_earlier,
        case when ratio_low > 0 then {{ whole_division(
            '1000000 * ' ~ wide('later'), ten_thousandths('ratio_low'), 'down'
        ) }} end as greatest_earlier
    from changes
)

select
    'percent_change' as rule_id,
    exhibit_id,
    fiscal_year,
    observation_id,
    subject,
    printed_value,
    cast(null as decimal(18, 4)) as expected_low,
    cast(null as decimal(18, 4)) as expected_high,
    least_earlier <= greatest_earlier as is_attainable,
    -- The interval holds a whole number, whatever the last digit.
    100 * later * (ratio_high - ratio_low) >= ratio_high * ratio_high as is_vacuous,
    case
        when least_earlier is null
            then 'the numbers of the two years are not both printed'
        when least_earlier <= greatest_earlier
            then
                'from ' || {{ interval_in_words('least_earlier', 'greatest_earlier') }}
                || ' to ' || {{ number_in_words('later') }}
        else
            'no whole number changed to ' || {{ number_in_words('later') }}
            || ' as printed, neither ' || greatest_earlier || ' nor ' || least_earlier
    end as explanation
from bounded

-- Changes since a year whose number is not printed: whether some whole number of that
-- year gives the change, and which.
with quantities as not materialized (select * from {{ ref('int_quantities') }}),

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

bounded as (
    select
        changes.*,
        {{ whole_division(
            '1000000 * ' ~ wide('later'), ten_thousandths('ratio_high'), 'up'
        ) }} as least_earlier,
        {{ whole_division(
            '1000000 * ' ~ wide('later'), ten_thousandths('ratio_low'), 'down'
        ) }} as greatest_earlier
    from changes
    where ratio_low > 0
),

attainable_changes as (
    select
        changes.observation_id,
        changes.printed_value,
        changes.exhibit_id,
        changes.fiscal_year,
        changes.subject,
        changes.later,
        bounded.least_earlier,
        bounded.greatest_earlier,
        bounded.least_earlier <= bounded.greatest_earlier as is_attainable,
        -- The interval holds a whole number, whatever the last digit.
        100 * changes.later * (changes.ratio_high - changes.ratio_low)
        >= changes.ratio_high * changes.ratio_high as is_vacuous
    from changes
    left join bounded on changes.observation_id = bounded.observation_id
)

select * from attainable_changes

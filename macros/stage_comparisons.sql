{% macro stage_comparisons(seed, exhibit_id) %}
with printed as (select * from {{ seed }}),

exhibits as (
    select * from {{ ref('exhibits') }} where exhibit_id = '{{ exhibit_id }}'
),

-- A stated difference is compared in base units, such as months for years.
units as (
    select
        printed.row_number,
        coalesce(max(measures.base_unit_factor), 1) as factor
    from printed
    left join {{ ref('measures') }} as measures
        on
            measures.statistic = 'difference'
            and position(
                '|' || printed.printed_unit || '|' in '|' || measures.printed_units || '|'
            ) > 0
    group by printed.row_number
),

staged as (
    select
        exhibits.exhibit_id || '.' || printed.row_number as comparison_id,
        exhibits.exhibit_id,
        exhibits.report_id || '.' || printed.compared_exhibit as compared_exhibit_id,
        cast(printed.fiscal_year as integer) as fiscal_year,
        printed.compared_column as compared_column_name,
        printed.left_row as left_row_label,
        printed.comparator,
        printed.right_row as right_row_label,
        printed.printed_value,
        printed.printed_unit,
        cast({{ printed_number(
            'printed.printed_value',
            "'" ~ exhibit_id ~ ", row ' || printed.row_number"
        ) }} * units.factor as decimal(18, 4)) as stated_difference,
        units.factor as stated_unit,
        printed.wording,
        cast(printed.row_number as integer) as row_number,
        printed.row_label,
        {{ exhibit_locator('printed') }} as locator,
        printed.footnote
    from printed
    cross join exhibits
    inner join units on printed.row_number = units.row_number
)

select * from staged
{% endmacro %}

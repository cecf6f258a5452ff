-- A stated difference is compared in base units, such as months for years.
with units as (
    select
        measure_units.printed_unit,
        max(measures.base_unit_factor) as factor
    from {{ ref('measure_units') }} as measure_units
    inner join {{ ref('measures') }} as measures
        on measure_units.measure_id = measures.measure_id
    where measures.statistic = 'difference'
    group by measure_units.printed_unit
),

comparators as (
    select
        wording,
        min(comparator) as comparator
    from {{ ref('wordings') }}
    group by wording
)

select
    comparisons.exhibit_id || '.' || comparisons.row_number as comparison_id,
    comparisons.exhibit_id,
    comparisons.report_id || '.' || comparisons.compared_exhibit
        as compared_exhibit_id,
    coalesce(cast(comparisons.fiscal_year as integer), exhibits.fiscal_year)
        as fiscal_year,
    comparisons.compared_column as compared_column_name,
    comparisons.left_row as left_row_label,
    comparators.comparator,
    comparisons.right_row as right_row_label,
    comparisons.printed_value,
    comparisons.printed_unit,
    cast({{ printed_number('comparisons.printed_value', place(
        'comparisons.exhibit_id', 'comparisons.row_number',
        'comparisons.row_label', "'printed_value'"
    )) }} * coalesce(units.factor, 1) as decimal(18, 4)) as stated_difference,
    coalesce(units.factor, 1) as stated_unit,
    comparisons.wording,
    cast(comparisons.row_number as integer) as row_number,
    comparisons.row_label,
    coalesce(comparisons.heading, exhibits.heading) as heading,
    cast(comparisons.paragraph as integer) as paragraph,
    {{ locator(
        'coalesce(comparisons.heading, exhibits.heading)',
        'comparisons.paragraph', 'comparisons.row_number'
    ) }} as locator,
    comparisons.footnote
from {{ source('raw', 'comparisons') }} as comparisons
left join {{ ref('exhibits') }} as exhibits
    on comparisons.exhibit_id = exhibits.exhibit_id
left join comparators on comparisons.wording = comparators.wording
left join units on comparisons.printed_unit = units.printed_unit

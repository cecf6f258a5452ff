{%- set keyed_twice = [
    'fiscal_year', 'population_id', 'category_key', 'reference', 'percent_base',
    'printed_unit', 'measures', 'paragraph', 'footnote',
] -%}

with cells as (select * from {{ ref('stg_cells') }}),

-- Of a comparison, the measure compared comes first, then that of the difference.
numbers as (
    select
        exhibit_id,
        row_number,
        row_label,
        cast(fiscal_year as {{ dbt.type_string() }}) as fiscal_year,
        population_id,
        category_key,
        coalesce(
            cast(reference_fiscal_year as {{ dbt.type_string() }}),
            reference_category_id
        )
            as reference,
        percent_base,
        printed_unit,
        measure_id,
        column_number,
        paragraph,
        footnote
    from cells
    union all
    select
        comparisons.exhibit_id,
        comparisons.row_number,
        comparisons.row_label,
        cast(comparisons.fiscal_year as {{ dbt.type_string() }}) as fiscal_year,
        lefts.population_id,
        lefts.category_key,
        rights.category_id as reference,
        null as percent_base,
        comparisons.printed_unit,
        lefts.measure_id,
        0 as column_number,
        comparisons.paragraph,
        comparisons.footnote
    from {{ ref('stg_comparisons') }} as comparisons
    left join cells as lefts
        on
            comparisons.compared_exhibit_id = lefts.exhibit_id
            and comparisons.compared_column_name = lefts.column_name
            and comparisons.left_row_label = lefts.row_label
            and comparisons.fiscal_year = lefts.fiscal_year
    left join cells as rights
        on
            comparisons.compared_exhibit_id = rights.exhibit_id
            and comparisons.compared_column_name = rights.column_name
            and comparisons.right_row_label = rights.row_label
            and comparisons.fiscal_year = rights.fiscal_year
),

keyed as (
    select
        exhibit_id,
        row_number,
        {{ joined('measure_id', ' ', 'column_number') }} as measures,
        {%- for column in keyed_twice if column != 'measures' %}
            string_agg(distinct cast({{ column }} as {{ dbt.type_string() }}), ' and ')
                as {{ column }},
        {%- endfor %}
        min(row_label) as row_label
    from numbers
    group by exhibit_id, row_number
),

compared as (
    select
        keyed.row_label,
        coalesce(keyed.exhibit_id, again.exhibit_id) as exhibit_id,
        coalesce(cast(keyed.row_number as {{ dbt.type_string() }}), again.row_number)
            as row_number,
        keyed.exhibit_id is null as is_missing,
        again.exhibit_id is null as is_missing_again,
        {%- for column in keyed_twice %}
            case
                when
                    coalesce(keyed.{{ column }}, 'empty')
                    <> coalesce(again.{{ column }}, 'empty')
                    then '; {{ column }} is ' || coalesce(keyed.{{ column }}, 'empty')
                        || ', keyed again as ' || coalesce(again.{{ column }}, 'empty')
                else ''
            end {{ 'as differences' if loop.last else '||' }}
        {%- endfor %}
    from keyed
    full outer join {{ source('raw', 'second_keying') }} as again
        on
            keyed.exhibit_id = again.exhibit_id
            and cast(keyed.row_number as {{ dbt.type_string() }}) = again.row_number
)

select
    exhibit_id || ', row ' || row_number || coalesce(' (' || row_label || ')', '')
    || case
        when is_missing then ': is in second_keying.csv and has no number in the sheet'
        when is_missing_again then ': is not in second_keying.csv'
        else ': ' || substring(differences, 3)
    end as failure
from compared
where is_missing or is_missing_again or differences <> ''

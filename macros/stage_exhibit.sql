{# The columns that frame the printed cells of every raw seed. #}

{% macro exhibit_locator(seed) -%}
    {{ seed }}.heading
    || case
        when {{ seed }}.paragraph is not null
            then ', paragraph ' || {{ seed }}.paragraph
        else ', row ' || {{ seed }}.row_number
    end
{%- endmacro %}

{% macro stage_exhibit(seed, exhibit_id, value_columns, label_column='row_label', unit_column=none) %}
with printed as (select * from {{ seed }}),

exhibit_labels as (
    select * from {{ ref('exhibit_labels') }}
    where exhibit_id = '{{ exhibit_id }}'
),

measures as (select * from {{ ref('measures') }}),

cells as (
    {%- for value_column in value_columns %}
    select
        cast(row_number as integer) as row_number,
        {{ label_column }} as row_label,
        cast(fiscal_year as integer) as fiscal_year,
        '{{ value_column }}' as column_name,
        {{ value_column }} as printed_value,
        {{ unit_column or 'cast(null as text)' }} as printed_unit,
        wording,
        {{ exhibit_locator('printed') }} as locator,
        footnote
    from printed
    where {{ value_column }} is not null
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

coded as (
    select
        cells.*,
        coalesce(row_codes.population_id, column_codes.population_id) as population_id,
        coalesce(row_codes.classification_id, column_codes.classification_id)
            as classification_id,
        coalesce(row_codes.category_id, column_codes.category_id) as category_id,
        coalesce(row_codes.measure_id, column_codes.measure_id) as measure_id,
        coalesce(row_codes.reference_fiscal_year, column_codes.reference_fiscal_year)
            as reference_fiscal_year,
        coalesce(row_codes.reference_category_id, column_codes.reference_category_id)
            as reference_category_id
    from cells
    left join exhibit_labels as row_codes
        on row_codes.axis = 'row' and cells.row_label = row_codes.printed_label
    left join exhibit_labels as column_codes
        on column_codes.axis = 'column' and cells.column_name = column_codes.printed_label
),

read as (
    select
        coded.*,
        measures.is_exact,
        {{ printed_number(
            'coded.printed_value',
            "'" ~ exhibit_id ~ ", row ' || coded.row_number || ' (' || coded.row_label"
            ~ " || '), column ' || coded.column_name"
        ) }} as obs_value,
        cast({{ printed_decimals('coded.printed_value') }} as integer) as decimals
    from coded
    left join measures on coded.measure_id = measures.measure_id
),

staged as (
    select
        '{{ exhibit_id }}.' || row_number || '.' || column_name as observation_id,
        '{{ exhibit_id }}' as exhibit_id,
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        measure_id,
        reference_fiscal_year,
        reference_category_id,
        printed_value,
        printed_unit,
        obs_value,
        decimals,
        cast(
            obs_value - case when is_exact then 0 else {{ half_unit('decimals') }} end
            as decimal(18, 4)
        ) as value_low,
        cast(
            obs_value + case when is_exact then 0 else {{ half_unit('decimals') }} end
            as decimal(18, 4)
        ) as value_high,
        wording,
        row_number,
        row_label,
        column_name,
        locator,
        footnote
    from read
)

select * from staged
{% endmacro %}

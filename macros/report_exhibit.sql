{# The printed cells of an exhibit, back in its own shape. #}

{% macro report_exhibit(exhibit_id, value_columns, label_column='row_label', unit_column=none) %}
select
    row_number,
    row_label as {{ label_column }},
    fiscal_year,
    {%- for value_column in value_columns %}
    max(case when column_name = '{{ value_column }}' then printed_value end) as {{ value_column }},
    {%- endfor %}
    {%- if unit_column %}
    max(printed_unit) as {{ unit_column }},
    {%- endif %}
    max(wording) as wording,
    locator,
    footnote
from {{ ref('fct_observations') }}
where exhibit_id = '{{ exhibit_id }}' and obs_status = 'published'
group by row_number, row_label, fiscal_year, locator, footnote
order by row_number
{% endmacro %}

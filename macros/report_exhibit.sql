{# The printed cells of an exhibit, back in its own shape: in the columns that the model declares. #}

{% macro report_exhibit() %}
{%- set columns = model.columns.keys() | list -%}
select
    row_number,
    row_label as {{ columns[1] }},
    fiscal_year,
    {%- for column in columns[3:] if column not in ('printed_unit', 'wording', 'locator', 'footnote') %}
    max(case when column_name = '{{ column }}' then printed_value end) as {{ column }},
    {%- endfor %}
    {%- if 'printed_unit' in columns %}
    max(printed_unit) as printed_unit,
    {%- endif %}
    max(wording) as wording,
    locator,
    footnote
from {{ ref('fct_observations') }}
where exhibit_id = '{{ model.name[4:] | replace("__", ".") }}' and obs_status = 'published'
group by row_number, row_label, fiscal_year, locator, footnote
order by row_number
{% endmacro %}

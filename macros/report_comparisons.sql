{# The comparisons that a report states, back in the order of the text. #}

{% macro report_comparisons() %}
select
    row_number,
    row_label,
    fiscal_year,
    left_printed_value,
    comparator,
    right_printed_value,
    printed_value,
    printed_unit,
    wording,
    locator,
    footnote
from {{ ref('fct_stated_comparisons') }}
where exhibit_id = '{{ model.name[4:] | replace("__", ".") }}'
order by row_number
{% endmacro %}

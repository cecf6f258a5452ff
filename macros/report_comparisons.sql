{# The comparisons that a report states, back in the order of the text. #}

{% macro report_comparisons(exhibit_id) %}
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
where exhibit_id = '{{ exhibit_id }}'
order by row_number
{% endmacro %}

{# Where a number stands: for people who look it up, and for messages. #}

{% macro locator(heading, paragraph, row_number) -%}
    {{ heading }} || case
        when {{ paragraph }} is not null then ', paragraph ' || {{ paragraph }}
        else ', row ' || {{ row_number }}
    end
{%- endmacro %}

{% macro place(exhibit_id, row_number, row_label, column_name) -%}
    {{ exhibit_id }} || ', row ' || {{ row_number }} || ' (' || {{ row_label }}
    || '), column ' || {{ column_name }}
{%- endmacro %}

{# Lists of words with a space between, in one cell. #}

{% macro is_listed(word, list) -%}
    position(' ' || {{ word }} || ' ' in ' ' || {{ list }} || ' ') > 0
{%- endmacro %}

{% macro listed_count(list) -%}
    coalesce(length({{ list }}) - length(replace({{ list }}, ' ', '')) + 1, 0)
{%- endmacro %}

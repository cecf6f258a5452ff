{# The values of some columns in words, for the message of a failing test. #}

{% macro describe_columns(columns) -%}
    {%- for column in columns -%}
    coalesce(cast({{ column }} as text), 'nothing')
    {%- if not loop.last %} || ', ' || {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# The values of some columns in words, for the message of a failing test. #}

{% macro describe_columns(columns, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- for column in columns -%}
    coalesce(cast({{ prefix }}{{ column }} as {{ dbt.type_string() }}), 'nothing')
    {%- if not loop.last %} || ', ' || {% endif -%}
    {%- endfor -%}
{%- endmacro %}

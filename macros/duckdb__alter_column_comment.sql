{# Takes the place of dbt-duckdb's macro, which lists the columns of each relation first. #}

{% macro duckdb__alter_column_comment(relation, column_dict) %}
    {%- for column in column_dict.values() %}
    comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
    {%- endfor %}
{% endmacro %}

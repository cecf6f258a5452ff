{# DuckDB builds into a file of its own; on a server the prefix keeps a build apart. #}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ return(adapter.dispatch('generate_schema_name', 'sentencing_warehouse')(
        custom_schema_name, node
    )) }}
{%- endmacro %}

{% macro default__generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema }}{% if custom_schema_name %}_{{ custom_schema_name }}{% endif %}
{%- endmacro %}

{% macro duckdb__generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

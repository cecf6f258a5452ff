{# Takes the place of dbt-spark's macros, which lose apostrophes and make numbers of text. #}

{% macro spark__create_csv_table(model, agate_table) %}
    {%- set sql -%}
        create table {{ this }} (
            {%- for name in agate_table.column_names %}
            {{ name }} {{ spark_type(model.config.column_types[name]) }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endset -%}
    {%- do run_query(sql) -%}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set names = agate_table.column_names -%}
    {%- set sql -%}
        insert into {{ this }}
        select
            {%- for name in names %}
            cast({{ name }} as {{ spark_type(model.config.column_types[name]) }}){{ ',' if not loop.last }}
            {%- endfor %}
        from values
            {%- for row in agate_table.rows %}
            (
                {%- for value in row -%}
                {{ 'null' if value is none else "'" ~ escape_single_quotes(value | string | replace('\\', '\\\\')) ~ "'" }}{{ ',' if not loop.last }}
                {%- endfor -%}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        as rows ({{ names | join(', ') }})
    {%- endset -%}
    {%- if agate_table.rows -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return(sql) }}
{% endmacro %}

{% macro spark_type(type) -%}
    {{ return('string' if type == 'text' else type) }}
{%- endmacro %}

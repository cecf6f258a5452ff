{# What engines write differently; exact_arithmetic.sql has what concerns numbers. #}

{# The values of a group as one text, in the order of other expressions. #}
{% macro joined(value, separator, order_by) -%}
    {{ return(adapter.dispatch('joined', 'sentencing_warehouse')(value, separator, order_by)) }}
{%- endmacro %}

{% macro default__joined(value, separator, order_by) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro spark__joined(value, separator, order_by) -%}
    listagg({{ value }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{# Whether a text has a part that fits a regular expression. #}
{% macro matches(value, pattern) -%}
    {{ return(adapter.dispatch('matches', 'sentencing_warehouse')(value, pattern)) }}
{%- endmacro %}

{% macro default__matches(value, pattern) -%}
    {{ value }} ~ '{{ pattern }}'
{%- endmacro %}

{% macro spark__matches(value, pattern) -%}
    {{ value }} rlike '{{ pattern }}'
{%- endmacro %}

{# The whole numbers from 0 to another, as a relation of one column. #}
{% macro numbers_to(last) -%}
    {{ return(adapter.dispatch('numbers_to', 'sentencing_warehouse')(last)) }}
{%- endmacro %}

{% macro default__numbers_to(last) -%}
    generate_series(0, {{ last }})
{%- endmacro %}

{% macro spark__numbers_to(last) -%}
    range(0, {{ last }} + 1)
{%- endmacro %}

{# Of a common table expression: computed for each of its uses, with their conditions. #}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized', 'sentencing_warehouse')()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}
    not materialized
{%- endmacro %}

{# A Spark engine decides for itself. #}
{% macro spark__not_materialized() -%}
{%- endmacro %}

{# An expression that can begin with a minus: Sail gives the negation of a decimal a wrong type,
   and at times a wrong value. #}
{% macro signed(value) -%}
    {{ return(adapter.dispatch('signed', 'sentencing_warehouse')(value)) }}
{%- endmacro %}

{% macro default__signed(value) -%}
    {{ return(value) }}
{%- endmacro %}

{% macro spark__signed(value) -%}
    {{ return('0 - ' ~ value[1:] if value[0] == '-' else value) }}
{%- endmacro %}

{# After a table is built: whether it has all rows of its query, however the connection went. #}
{% macro check_row_count() -%}
    {{ return(adapter.dispatch('check_row_count', 'sentencing_warehouse')()) }}
{%- endmacro %}

{% macro default__check_row_count() -%}
{%- endmacro %}

{% macro spark__check_row_count() -%}
    {%- if execute and model.config.materialized == 'table' -%}
        {%- set query = 'select count(*) from (' ~ model.compiled_code ~ '\n) as expected' -%}
        {%- set expected = run_query(query).rows[0][0] -%}
        {%- set found = run_query('select count(*) from ' ~ this).rows[0][0] -%}
        {%- if expected != found -%}
            {{ exceptions.raise_compiler_error(this ~ ' has ' ~ found ~ ' rows, expected ' ~ expected) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

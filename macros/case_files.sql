{# The case files: where their rows are, and which variables a case has. #}

{# On DuckDB the rows that the command `cases` has read, which stay in files of their own;
   without them, and on other engines, none. #}
{% macro case_rows() -%}
    {{ return(adapter.dispatch('case_rows', 'sentencing_warehouse')()) }}
{%- endmacro %}

{% macro default__case_rows() -%}
    (
        select
            null as fiscal_year, null as sentence_months,
            null as guideline_minimum_months, null as guideline_maximum_months
            {%- for code in case_codes() %}, null as {{ code }}{% endfor %}
        where 1 = 0
    ) as no_rows
{%- endmacro %}

{% macro duckdb__case_rows() -%}
    {%- set rows = env_var('CASE_ROWS', '') -%}
    {{ 'read_parquet(' ~ rows ~ ')' if rows else default__case_rows() }}
{%- endmacro %}

{# The variables whose values are codes of categories; some of them are numbers too. #}
{% macro case_codes() -%}
    {{ return([
        'offense', 'district', 'race', 'gender', 'citizenship', 'education', 'conviction',
        'sentence_type', 'weapon', 'age_years', 'history_points',
    ]) }}
{%- endmacro %}

{# The numbers of a case, under each convention. #}
{% macro case_measures() -%}
    {{ return([
        'age_years', 'sentence_months', 'sentence_months_uncapped', 'prison_months',
        'prison_months_uncapped', 'guideline_minimum_months', 'guideline_maximum_months',
    ]) }}
{%- endmacro %}

{# The value of the column that a column names. #}
{% macro column_named(name, columns) -%}
    case {{ name }}
        {%- for column in columns %}
        when '{{ column }}' then {{ column }}
        {%- endfor %}
    end
{%- endmacro %}

{# One of some numbers, by a number that counts from 0. #}
{% macro column_case(position, numbers) -%}
    case {{ position }}
        {%- for number in numbers %}
        when {{ loop.index0 }} then {{ number }}
        {%- endfor %}
    end
{%- endmacro %}

{# Division without rounding errors: everything is scaled to whole numbers of 1/10000. #}

{# Of a multiple of the denominator: engines agree on no other whole division. #}
{% macro whole_quotient(multiple, denominator) -%}
    {{ return(adapter.dispatch('whole_quotient', 'sentencing_warehouse')(multiple, denominator)) }}
{%- endmacro %}

{% macro default__whole_quotient(multiple, denominator) -%}
    cast(({{ multiple }}) / ({{ denominator }}) as bigint)
{%- endmacro %}

{% macro duckdb__whole_quotient(multiple, denominator) -%}
    cast(({{ multiple }}) // ({{ denominator }}) as bigint)
{%- endmacro %}

{% macro floor_division(numerator, denominator) -%}
    {{ whole_quotient(
        '(' ~ numerator ~ ') - ((' ~ numerator ~ ') % (' ~ denominator ~ ') + ('
        ~ denominator ~ ')) % (' ~ denominator ~ ')',
        denominator
    ) }}
{%- endmacro %}

{# Numerator and positive denominator with at most four decimals; rounding: nearest, down, up. #}
{% macro exact_quotient(numerator, denominator, rounding='nearest') -%}
    {%- set scaled = 'cast((' ~ numerator ~ ') * 10000 as bigint) * 10000' -%}
    {%- set whole = 'cast((' ~ denominator ~ ') * 10000 as bigint)' -%}
    {%- if rounding == 'down' -%}
        {%- set quotient = floor_division(scaled, whole) -%}
    {%- elif rounding == 'up' -%}
        {%- set quotient = '-' ~ floor_division('-(' ~ scaled ~ ')', whole) -%}
    {%- elif rounding == 'nearest' -%}
        {%- set quotient = floor_division(
            '2 * (' ~ scaled ~ ') + ' ~ whole, '2 * ' ~ whole
        ) -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error('rounding is nearest, down or up, not ' ~ rounding) }}
    {%- endif -%}
    cast({{ quotient }} * cast(0.0001 as decimal(9, 4)) as decimal(18, 4))
{%- endmacro %}

{# The least and the greatest whole count whose percentage of the base lies in the interval. #}
{% macro least_count(percent_low, base) -%}
    -{{ floor_division(
        '-cast((' ~ percent_low ~ ') * 10000 as bigint) * ' ~ base, '1000000'
    ) }}
{%- endmacro %}

{% macro greatest_count(percent_high, base) -%}
    {{ floor_division(
        'cast((' ~ percent_high ~ ') * 10000 as bigint) * ' ~ base, '1000000'
    ) }}
{%- endmacro %}

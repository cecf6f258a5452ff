{# Arithmetic without rounding errors, on whole numbers. #}

{# The whole numbers that products of two numbers fit in, on each engine. #}
{% macro wide(number) -%}
    {{ return(adapter.dispatch('wide', 'sentencing_warehouse')(number)) }}
{%- endmacro %}

{% macro default__wide(number) -%}
    cast({{ number }} as decimal(38, 0))
{%- endmacro %}

{% macro duckdb__wide(number) -%}
    cast({{ number }} as hugeint)
{%- endmacro %}

{# The greatest whole number that is at most the quotient of two whole ones. #}
{% macro whole_quotient(numerator, denominator) -%}
    {{ return(adapter.dispatch('whole_quotient', 'sentencing_warehouse')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__whole_quotient(numerator, denominator) -%}
    {%- set n, d = wide(numerator), wide(denominator) -%}
    cast(({{ n }} - ({{ n }} % {{ d }} + {{ d }}) % {{ d }}) / {{ d }} as bigint)
{%- endmacro %}

{# DuckDB divides numbers of 128 bits a hundred times as slowly as those of 64. #}
{% macro duckdb__whole_quotient(numerator, denominator) -%}
    coalesce(
        {%- for type in ['bigint', 'hugeint'] %}
        {%- set n, d = 'try_cast(' ~ numerator ~ ' as ' ~ type ~ ')', 'try_cast(' ~ denominator ~ ' as ' ~ type ~ ')' %}
        {{ n }} // {{ d }} - case when {{ n }} % {{ d }} < 0 then 1 else 0 end
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{% macro spark__whole_quotient(numerator, denominator) -%}
    {%- set n, d = wide(numerator), wide(denominator) -%}
    ({{ n }} div {{ d }} - case when {{ n }} % {{ d }} < 0 then 1 else 0 end)
{%- endmacro %}

{# A whole numerator over a whole, positive denominator; rounding is nearest, down or up. #}
{% macro whole_division(numerator, denominator, rounding) -%}
    {%- if rounding == 'down' -%}
        cast({{ whole_quotient(numerator, denominator) }} as bigint)
    {%- elif rounding == 'up' -%}
        -{{ whole_division(signed('-(' ~ numerator ~ ')'), denominator, 'down') }}
    {%- else -%}
        {{ whole_division(
            '2 * (' ~ numerator ~ ') + (' ~ denominator ~ ')', '2 * (' ~ denominator ~ ')',
            'down'
        ) }}
    {%- endif -%}
{%- endmacro %}

{# A number with at most four decimals in whole ten-thousandths, and back. #}
{% macro ten_thousandths(number) -%}
    cast(({{ number }}) * 10000 as decimal(18, 0))
{%- endmacro %}

{% macro of_ten_thousandths(number) -%}
    cast({{ number }} * cast(0.0001 as decimal(9, 4)) as decimal(18, 4))
{%- endmacro %}

{# A limit of a sum in whole units of 10^-8, as a coefficient times a value is. #}
{% macro hundred_millionths(number) -%}
    case when {{ number }} = 0 then 0 else {{ wide(number ~ ' * 100000000') }} end
{%- endmacro %}

{# An end of an interval times a factor, which exchanges the ends if it is negative. #}
{% macro product(factor, value, other_end) -%}
    case
        when {{ factor }} = 0 then 0
        when {{ factor }} > 0 then {{ factor }} * {{ value }}
        else {{ factor }} * {{ other_end }}
    end
{%- endmacro %}

{# The quotient of two numbers with at most four decimals, to four decimals. #}
{% macro exact_quotient(numerator, denominator, rounding='nearest') -%}
    {{ of_ten_thousandths(whole_division(
        '10000 * ' ~ wide(ten_thousandths(numerator)), ten_thousandths(denominator), rounding
    )) }}
{%- endmacro %}

{# The least and the greatest whole count whose percentage of the base lies in the interval. #}
{% macro least_count(percent_low, base) -%}
    {{ whole_division(
        wide(ten_thousandths(percent_low)) ~ ' * ' ~ wide(base), '1000000', 'up'
    ) }}
{%- endmacro %}

{% macro greatest_count(percent_high, base) -%}
    {{ whole_division(
        wide(ten_thousandths(percent_high)) ~ ' * ' ~ wide(base), '1000000', 'down'
    ) }}
{%- endmacro %}

{# An interval in words: "103", "49 to 53", "19.25 to 19.35". #}

{% macro number_in_words(number) -%}
    case
        when {{ number }} = floor({{ number }})
            then cast(cast({{ number }} as bigint) as {{ dbt.type_string() }})
        else regexp_replace(cast({{ number }} as {{ dbt.type_string() }}), '0+$', '')
    end
{%- endmacro %}

{% macro interval_in_words(low, high) -%}
    case
        when {{ low }} = {{ high }} then {{ number_in_words(low) }}
        else {{ number_in_words(low) }} || ' to ' || {{ number_in_words(high) }}
    end
{%- endmacro %}

{# A whole numerator over a whole denominator: "38", "42595/248". #}
{% macro fraction_in_words(numerator, denominator) -%}
    cast(cast({{ numerator }} as bigint) as {{ dbt.type_string() }}) || case
        when {{ denominator }} = 1 then ''
        else '/' || cast(cast({{ denominator }} as bigint) as {{ dbt.type_string() }})
    end
{%- endmacro %}

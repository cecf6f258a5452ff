{# An interval in words: "103", "49 to 53", "19.25 to 19.35". #}

{# Of a number with at most four decimals. #}
{% macro number_in_words(number) -%}
    rtrim(rtrim(cast(cast({{ number }} as decimal(18, 4)) as text), '0'), '.')
{%- endmacro %}

{% macro interval_in_words(low, high) -%}
    case
        when {{ low }} = {{ high }} then {{ number_in_words(low) }}
        else {{ number_in_words(low) }} || ' to ' || {{ number_in_words(high) }}
    end
{%- endmacro %}

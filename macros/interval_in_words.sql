{# An interval in words: "103", "49 to 53", "19.25 to 19.35". #}

{% macro number_in_words(number) -%}
    regexp_replace(
        regexp_replace(cast({{ number }} as text), '([.][0-9]*[1-9])0+$', '\1'),
        '[.]0+$', ''
    )
{%- endmacro %}

{% macro interval_in_words(low, high) -%}
    case
        when {{ low }} = {{ high }} then {{ number_in_words(low) }}
        else {{ number_in_words(low) }} || ' to ' || {{ number_in_words(high) }}
    end
{%- endmacro %}

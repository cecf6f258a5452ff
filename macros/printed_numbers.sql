{# What a printed cell says: its number, its decimals, and the rounding that its digits imply. #}

{% macro number_words() -%}
    {{ return({
        'one': 1, 'two': 2, 'three': 3, 'four': 4, 'five': 5,
        'six': 6, 'seven': 7, 'eight': 8, 'nine': 9, 'ten': 10,
    }) }}
{%- endmacro %}

{% macro is_wordless(cell) -%}
    {{ cell }} in ('life')
{%- endmacro %}

{% macro is_printed_number(cell) -%}
    ({{ matches(cell, '^(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)([.][0-9]{1,3})?$') }})
{%- endmacro %}

{% macro is_readable(cell) -%}
    (
        {{ is_printed_number(cell) }}
        or lower({{ cell }}) in ('{{ number_words() | join("', '") }}')
        or {{ is_wordless(cell) }}
    )
{%- endmacro %}

{# An unreadable cell reaches the cast as a sentence, so that the engine's own error names it. #}
{% macro printed_number(cell, place) -%}
    cast(
        case
            when {{ is_wordless(cell) }} then null
            {%- for word, number in number_words().items() %}
            when lower({{ cell }}) = '{{ word }}' then '{{ number }}'
            {%- endfor %}
            when {{ is_printed_number(cell) }} then replace({{ cell }}, ',', '')
            else {{ place }} || ': "' || {{ cell }} || '" is not a number as printed'
        end as decimal(18, 4)
    )
{%- endmacro %}

{% macro printed_decimals(cell) -%}
    case
        when {{ is_wordless(cell) }} then null
        when {{ cell }} like '%.%'
            then length({{ cell }}) - position('.' in {{ cell }})
        else 0
    end
{%- endmacro %}

{# Half of the last printed digit's unit: 0.5 for 275, 0.05 for 56.6. #}
{% macro half_unit(decimals) -%}
    case {{ decimals }}
        when 0 then 0.5000
        when 1 then 0.0500
        when 2 then 0.0050
        when 3 then 0.0005
    end
{%- endmacro %}

{# The sentence of a rule, filled from its row of int_relations:
   {subject} what the subject comes to, {given} what it is compared with, as a sum,
   {expected} the interval that this leaves for it, {note} what the rule itself says. #}

{% macro sentence(template) -%}
    regexp_replace(replace(replace(replace(replace(
        {{ template }},
        '{note}', coalesce(note, '')),
        '{given}', {{ signed_sum('given_in_words', 'is_subject_added', 'divisor') }}),
        '{subject}', coalesce({{ interval_in_words('subject_low', 'subject_high') }}, printed_value)),
        '{expected}', {{ limits_in_words('expected_low', 'expected_high') }}
    ), ': $', '')
{%- endmacro %}

{# Terms on the other side of the subject: each changes its sign unless the subject is
   subtracted itself; a common divisor stands at the end. #}
{% macro signed_sum(terms, is_subject_added, divisor) -%}
    coalesce(
        case when {{ divisor }} = 10000 then '' else '(' end
        || regexp_replace(
            case
                when {{ is_subject_added }}
                    then replace(replace({{ terms }}, '|+', ' - '), '|-', ' + ')
                else replace(replace({{ terms }}, '|+', ' + '), '|-', ' - ')
            end, '^ ([+] )?', ''
        )
        || case
            when {{ divisor }} = 10000 then ''
            else ') / ' || {{ number_in_words('divisor * 0.0001') }}
        end, ''
    )
{%- endmacro %}

{% macro limits_in_words(low, high) -%}
    case
        when {{ low }} is null and {{ high }} is null then 'any number'
        when {{ low }} is null then 'at most ' || {{ number_in_words(high) }}
        when {{ high }} is null then 'at least ' || {{ number_in_words(low) }}
        else {{ interval_in_words(low, high) }}
    end
{%- endmacro %}

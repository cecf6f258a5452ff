{# One term of a relation, as every rule writes it: `coefficient` times a number, of a sum
   that lies between `low` and `high` (SQL expressions; none is no limit).

   The number is a quantity, with its interval, or an observation, as printed. The rule is
   the model's name without `int_relations__`; `id` tells its relations apart. `subject`
   says what the check is about, where that is not the row and column of one number;
   `exhibit_id`, in which exhibit it is stated, where that is another than the number's;
   `note` is for the rule's sentence in the seed rules.
   `bounds` says whether the ends belong to the interval: [] () [) (]. #}

{% macro relation_term(
    id, quantity=none, observation=none, coefficient='1', coefficient_of=none,
    low='0', high='0', bounds="'[]'", is_subject='false', subject=none, note=none, exhibit_id=none
) -%}
    '{{ model.name | replace('int_relations__', '') }}:' || {{ id }} as relation_id,
    {{ quantity or 'cast(null as bigint)' }} as quantity_key,
    {{ observation or 'cast(null as bigint)' }} as observation_key,
    cast({{ signed(coefficient) }} as decimal(18, 4)) as coefficient,
    {{ coefficient_of or 'cast(null as bigint)' }} as coefficient_key,
    cast({{ signed(low or 'null') }} as decimal(28, 8)) as low,
    cast({{ high or 'null' }} as decimal(28, 8)) as high,
    {{ bounds }} as bounds,
    {{ is_subject }} as is_subject,
    case when {{ is_subject }} then {{ subject or 'cast(null as ' ~ dbt.type_string() ~ ')' }} end as subject,
    {{ note or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as note,
    {{ exhibit_id or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as exhibit_id
{%- endmacro %}

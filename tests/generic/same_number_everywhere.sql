{% test same_number_everywhere(
    model, key_columns, value_column, place_column, declared_as=none
) %}
with keyed as (
    select
        {{ describe_columns(key_columns) }} as series_key,
        {{ value_column }} as printed_number,
        {{ place_column }} as place
    from {{ model }}
    where {{ unless_declared(declared_as) }}
),

disagreeing as (
    select
        series_key,
        string_agg(printed_number || ' at ' || place, ', ' order by place) as printings
    from keyed
    group by series_key
    having count(distinct printed_number) > 1
)

select series_key || ': expected one number, printed are ' || printings as failure
from disagreeing
{% endtest %}

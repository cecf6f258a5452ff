{% test percentage_agrees_with_count(
    model, percent_column, decimals_column, count_column, population_column, key_columns,
    declared_as=none
) %}
with rounded as (
    select
        {{ describe_columns(key_columns) }} as row_key,
        {{ percent_column }} as printed_percent,
        {{ count_column }} as part_count,
        {{ population_column }} as population_count,
        ({{ percent_column }} - {{ half_unit(decimals_column) }})
        * {{ population_column }} as lowest,
        ({{ percent_column }} + {{ half_unit(decimals_column) }})
        * {{ population_column }} as highest
    from {{ model }}
    where
        {{ percent_column }} is not null
        and {{ count_column }} is not null
        and {{ unless_declared(declared_as) }}
)

select
    '{{ model.identifier }}, ' || row_key || ': ' || printed_percent
    || ' percent is printed, but ' || part_count || ' of ' || population_count
    || ' does not round to it' as failure
from rounded
where lowest is null or not (100 * part_count between lowest and highest)
{% endtest %}

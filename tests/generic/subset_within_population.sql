{% test subset_within_population(model, count_column, population_column, key_columns, declared_as=none) %}
select
    '{{ model.identifier }}, ' || {{ describe_columns(key_columns) }} || ': '
    || {{ count_column }} || ' offenders, expected 0 to the population, '
    || {{ population_column }} as failure
from {{ model }}
where
    not ({{ count_column }} between 0 and {{ population_column }})
    and {{ unless_declared(declared_as) }}
{% endtest %}

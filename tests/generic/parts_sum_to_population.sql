{% test parts_sum_to_population(model, part_column, population_column, group_by) %}
select
    '{{ model.identifier }}, {{ group_by | join(", ") }} = '
    || {{ describe_columns(group_by) }} || ': the parts sum to '
    || coalesce(sum({{ part_column }}), 0) || ', expected the population, '
    || min({{ population_column }})
    || case
        when max({{ population_column }}) > min({{ population_column }})
            then ' to ' || max({{ population_column }})
        else ''
    end as failure
from {{ model }}
group by {{ group_by | join(', ') }}
having not coalesce(
    sum({{ part_column }}) = min({{ population_column }})
    and sum({{ part_column }}) = max({{ population_column }}), false
)
{% endtest %}

{% test parts_sum_to_population(
    model, part_column, population_column, group_by, declared_as=none
) %}
with sums as (
    select
        {{ group_by | join(', ') }},
        sum({{ part_column }}) as parts,
        min({{ population_column }}) as population_low,
        max({{ population_column }}) as population_high
    from {{ model }}
    group by {{ group_by | join(', ') }}
)

select
    '{{ model.identifier }}, {{ group_by | join(", ") }} = '
    || {{ describe_columns(group_by) }} || ': the parts sum to ' || coalesce(parts, 0)
    || ', expected the population, ' || population_low
    || case
        when population_high > population_low then ' to ' || population_high else ''
    end as failure
from sums
where
    (
        parts is null
        or population_low is null
        or parts <> population_low
        or parts <> population_high
    )
    and {{ unless_declared(declared_as) }}
{% endtest %}

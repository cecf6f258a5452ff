{% test overlap_within_bounds(
    model, part_column, part_condition, union_model, union_column, union_condition, group_by,
    declared_as=none
) %}
with parts as (
    select
        {{ group_by | join(', ') }},
        max({{ part_column }}) as largest_part,
        sum({{ part_column }}) as sum_of_parts
    from {{ model }}
    where {{ part_condition }}
    group by {{ group_by | join(', ') }}
),

unions as (
    select
        {{ group_by | join(', ') }},
        max({{ union_column }}) as union_count
    from {{ union_model }}
    where {{ union_condition }}
    group by {{ group_by | join(', ') }}
)

select
    '{{ model.identifier }}: the union is ' || coalesce(cast(unions.union_count as text), 'missing')
    || ', expected at least the largest part, ' || parts.largest_part
    || ', and at most the sum of the parts, ' || parts.sum_of_parts as failure
from parts
left join unions
    on
        {%- for column in group_by %}
        {% if not loop.first %}and {% endif %}parts.{{ column }} = unions.{{ column }}
        {%- endfor %}
where
    (
        unions.union_count is null
        or unions.union_count < parts.largest_part
        or unions.union_count > parts.sum_of_parts
    )
    and {{ unless_declared(declared_as) }}
{% endtest %}

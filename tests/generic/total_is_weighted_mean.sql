{% test total_is_weighted_mean(
    model, count_column, mean_low_column, mean_high_column,
    total_model, total_low_column, total_high_column, total_condition, group_by,
    declared_as=none
) %}
with parts as (
    select
        {{ group_by | join(', ') }},
        sum({{ count_column }}) as weight,
        min({{ mean_low_column }}) as least_mean,
        max({{ mean_high_column }}) as greatest_mean,
        sum({{ count_column }} * {{ mean_low_column }}) as sum_low,
        sum({{ count_column }} * {{ mean_high_column }}) as sum_high
    from {{ model }}
    group by {{ group_by | join(', ') }}
),

totals as (
    select
        {{ group_by | join(', ') }},
        {{ total_low_column }} as total_low,
        {{ total_high_column }} as total_high
    from {{ total_model }}
    where {{ total_condition }}
)

select
    '{{ model.identifier }}: the total''s mean is ' || coalesce(cast(totals.total_low as text), 'missing')
    || ' to ' || coalesce(cast(totals.total_high as text), 'missing')
    || ', expected between its parts'' means, ' || parts.least_mean || ' and '
    || parts.greatest_mean || ', and equal to their weighted mean, ('
    || parts.sum_low || ' to ' || parts.sum_high || ') / ' || parts.weight as failure
from parts
left join totals
    on
        {%- for column in group_by %}
        {% if not loop.first %}and {% endif %}parts.{{ column }} = totals.{{ column }}
        {%- endfor %}
where
    (
        totals.total_low is null
        or totals.total_high < parts.least_mean
        or totals.total_low > parts.greatest_mean
        or totals.total_high * parts.weight < parts.sum_low
        or totals.total_low * parts.weight > parts.sum_high
    )
    and {{ unless_declared(declared_as) }}
{% endtest %}

{% test foreign_key(model, columns, to, to_columns) %}
with children as (
    select distinct {{ columns | join(', ') }}
    from {{ model }}
    where
        {%- for column in columns %}
        {% if not loop.first %}and {% endif %}{{ column }} is not null
        {%- endfor %}
),

parents as (
    select distinct
        {%- for column in to_columns %}
        {{ column }} as parent_{{ loop.index }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ to }}
),

orphans as (
    select children.*
    from children
    left join parents
        on
            {%- for column in columns %}
            {% if not loop.first %}and {% endif -%}
            children.{{ column }} = parents.parent_{{ loop.index }}
            {%- endfor %}
    where parents.parent_1 is null
)

select
    '{{ columns | join(", ") }} = ' || {{ describe_columns(columns) }}
    || ' is not in {{ to.identifier }}' as failure
from orphans
{% endtest %}

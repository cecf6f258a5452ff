{% test foreign_keys(model, keys) %}
{%- for key in keys %}
select
    '{{ model.identifier }}: {{ key.columns | join(", ") }} = '
    || {{ describe_columns(key.columns) }} || ' is not in {{ key.to.identifier }}'
        as failure
from (
    select distinct {{ key.columns | join(', ') }}
    from {{ model }}
    where
        {%- for column in key.columns %}
        {% if not loop.first %}and {% endif %}{{ column }} is not null
        {%- endfor %}
) as children
left join (
    select distinct
        {%- for column in key.to_columns %}
        {{ column }} as parent_{{ loop.index }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ key.to }}
) as parents
    on
        {%- for column in key.columns %}
        {% if not loop.first %}and {% endif -%}
        children.{{ column }} = parents.parent_{{ loop.index }}
        {%- endfor %}
where parents.parent_1 is null
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{% endtest %}

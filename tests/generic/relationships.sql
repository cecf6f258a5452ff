{% test relationships(model, keys) %}
{%- for key in keys %}
{%- set to_columns = key.to_columns or key.columns %}
select distinct
    '{{ model.identifier }}: {{ key.columns | join(", ") }} = '
    || {{ describe_columns(key.columns, 'children') }} || ' is not in {{ key.to.identifier }}'
        as failure
from {{ model }} as children
left join {{ key.to }} as parents
    on
        {%- for column in key.columns %}
        {% if not loop.first %}and {% endif -%}
        children.{{ column }} = parents.{{ to_columns[loop.index0] }}
        {%- endfor %}
where
    parents.{{ to_columns[0] }} is null
    {%- for column in key.columns %}
    and children.{{ column }} is not null
    {%- endfor %}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{% endtest %}

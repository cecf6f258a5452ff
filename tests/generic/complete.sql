{% test complete(model, columns) %}
with incomplete as (
    select *
    from {{ model }}
    where
        {%- for column in columns %}
        {% if not loop.first %}or {% endif %}{{ column }} is null
        {%- endfor %}
)

select
    'no value for '
    {%- for column in columns %}
    || case when {{ column }} is null then '{{ column }} ' else '' end
    {%- endfor %}
    || 'in the row with {{ columns | join(", ") }} = '
    || {{ describe_columns(columns) }} as failure
from incomplete
{% endtest %}

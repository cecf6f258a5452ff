{% test not_null(model, columns, may_be_empty=false) %}
select
    '{{ model.identifier }}: no value for '
    {%- for column in columns %}
    || case when {{ column }} is null then '{{ column }} ' else '' end
    {%- endfor %}
    || 'in the row that begins with ' || {{ describe_columns(columns[:3]) }} as failure
from {{ model }}
where
    {%- for column in columns %}
    {% if not loop.first %}or {% endif %}{{ column }} is null
    {%- endfor %}
{%- if not may_be_empty %}
union all
select '{{ model.identifier }} has no rows, expected some' as failure
where not exists (select 1 from {{ model }})
{%- endif %}
{% endtest %}

{% test equality(model, compare_model, compare_columns, row_condition='true') %}
with actual as (
    select
        {%- for column in compare_columns %}
        cast({{ column }} as text) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ model }}
    where {{ row_condition }}
),

expected as (
    select
        {%- for column in compare_columns %}
        cast({{ column }} as text) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ compare_model }}
),

lost as (
    select * from expected
    except all
    select * from actual
),

added as (
    select * from actual
    except all
    select * from expected
)

select
    '{{ model.identifier }} lacks the row of {{ compare_model.identifier }} with '
    || {{ describe_columns(compare_columns) }} as failure
from lost
union all
select
    '{{ model.identifier }} has a row that {{ compare_model.identifier }} has not: '
    || {{ describe_columns(compare_columns) }} as failure
from added
{% endtest %}

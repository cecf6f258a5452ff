{% test mirrors(model, of, columns) %}
with original as (
    select
        {%- for column in columns %}
        cast({{ column }} as text) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ of }}
),

mirror as (
    select
        {%- for column in columns %}
        cast({{ column }} as text) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ model }}
),

lost as (
    select * from original
    except all
    select * from mirror
),

added as (
    select * from mirror
    except all
    select * from original
)

select
    '{{ model.identifier }} lacks the row of {{ of.identifier }} with '
    || {{ describe_columns(columns) }} as failure
from lost
union all
select
    '{{ model.identifier }} has a row that {{ of.identifier }} has not: '
    || {{ describe_columns(columns) }} as failure
from added
{% endtest %}

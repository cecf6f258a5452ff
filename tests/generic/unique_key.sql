{% test unique_key(model, columns) %}
with duplicates as (
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
)

select
    row_count || ' rows, not one, have {{ columns | join(", ") }} = '
    || {{ describe_columns(columns) }} as failure
from duplicates
{% endtest %}

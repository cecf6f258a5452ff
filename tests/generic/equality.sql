{% test equality(model, compare_model, compare_columns, row_condition='true') %}
with actual_and_expected as (
    select
        {%- for column in compare_columns %}
        cast({{ column }} as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        1 as row_balance
    from {{ model }}
    where {{ row_condition }}
    union all
    select
        {%- for column in compare_columns %}
        cast({{ column }} as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        -1 as row_balance
    from {{ compare_model }}
)

select
    case
        when sum(row_balance) < 0
            then '{{ model.identifier }} lacks the row of {{ compare_model.identifier }} with '
        else '{{ model.identifier }} has a row that {{ compare_model.identifier }} has not: '
    end || {{ describe_columns(compare_columns) }} as failure
from actual_and_expected
group by {{ compare_columns | join(', ') }}
having sum(row_balance) <> 0
{% endtest %}

{% test unique_combination_of_columns(model, combination_of_columns) %}
select
    count(*) || ' rows, not one, have {{ combination_of_columns | join(", ") }} = '
    || {{ describe_columns(combination_of_columns) }} as failure
from {{ model }}
group by {{ combination_of_columns | join(', ') }}
having count(*) > 1
{% endtest %}

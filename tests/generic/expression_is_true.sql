{% test expression_is_true(model, expression, subject, expected) %}
select {{ subject }} || ': expected {{ expected }}' as failure
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}

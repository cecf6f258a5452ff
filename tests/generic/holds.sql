{% test holds(model, condition, subject, expected) %}
select
    {{ subject }} || ': expected {{ expected }}' as failure
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}

{% test holds(model, condition, subject, expected, declared_as=none) %}
select
    {{ subject }} || ': expected {{ expected }}' as failure
from {{ model }}
where
    not coalesce({{ condition }}, false)
    and {{ unless_declared(declared_as) }}
{% endtest %}

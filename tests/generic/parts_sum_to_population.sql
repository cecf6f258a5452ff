{% test parts_sum_to_population(model) %}
select
    '{{ model.identifier }}, fiscal_year = ' || fiscal_year || ': the parts sum to '
    || coalesce(sum(offender_count), 0) || ', expected the population, '
    || min(population_offender_count)
    || case
        when max(population_offender_count) > min(population_offender_count)
            then ' to ' || max(population_offender_count)
        else ''
    end as failure
from {{ model }}
group by fiscal_year
having not coalesce(
    sum(offender_count) = min(population_offender_count)
    and sum(offender_count) = max(population_offender_count), false
)
{% endtest %}

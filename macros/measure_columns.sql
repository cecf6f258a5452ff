{# For each measure its value, bounds and observation, as columns of an aggregation. #}
{% macro measure_columns(measures) %}
    {% for prefix, measure in measures.items() %}
        max(case when measure_id = '{{ measure }}' then obs_value end) as {{ prefix }},
        max(case when measure_id = '{{ measure }}' then value_low end)
            as {{ prefix }}_low,
        max(case when measure_id = '{{ measure }}' then value_high end)
            as {{ prefix }}_high,
        max(case when measure_id = '{{ measure }}' then observation_id end)
            as {{ prefix }}_observation_id,
    {% endfor %}
        max(case when measure_id = 'offender_count' then obs_status end)
            as offender_count_status
{% endmacro %}

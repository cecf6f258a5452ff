{# A topical fact of one classification: one row per fiscal year and category. #}

{% macro category_fact(classification_id, population_id='production_offenders') %}
{{ category_counts_and_percentages(classification_id, population_id) }}

select
    fiscal_year,
    category_key,
    classification_id,
    category_id,
    label,
    sort_order,
    population_id,
    cast(population_offender_count as bigint) as population_offender_count,
    cast(published_percent as decimal(6, 2)) as published_percent,
    published_percent_decimals,
    cast(offender_count as bigint) as offender_count,
    cast(offender_count_low as bigint) as offender_count_low,
    cast(offender_count_high as bigint) as offender_count_high,
    is_attainable,
    obs_status as offender_count_status,
    count_observation_id,
    percent_observation_id
from category_counts
order by fiscal_year, sort_order
{% endmacro %}

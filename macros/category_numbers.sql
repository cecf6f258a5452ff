{# One row per fiscal year and category: its numbers, and those of the whole population. #}

{% macro category_numbers(classification_id, population_id) %}
with category_numbers as (
    select
        counts.fiscal_year,
        categories.category_key,
        categories.classification_id,
        categories.category_id,
        categories.category_role,
        categories.label,
        categories.sort_order,
        categories.range_from,
        categories.range_to,
        counts.population_id,
        totals.offender_count as population_offender_count,
        totals.mean_sentence_months as population_mean_sentence_months,
        cast(percentages.obs_value as decimal(6, 2)) as published_percent,
        percentages.decimals as published_percent_decimals,
        cast(counts.obs_value as bigint) as offender_count,
        cast(counts.value_low as bigint) as offender_count_low,
        cast(counts.value_high as bigint) as offender_count_high,
        percentages.value_low * totals.offender_count <= 100 * counts.value_low
        and 100 * counts.value_high <= percentages.value_high * totals.offender_count
            as is_attainable,
        counts.obs_status as offender_count_status,
        means.obs_value as mean_sentence_months,
        means.value_low as mean_sentence_months_low,
        means.value_high as mean_sentence_months_high,
        counts.observation_id as count_observation_id,
        percentages.observation_id as percent_observation_id,
        means.observation_id as mean_observation_id
    from {{ ref('dim_categories') }} as categories
    inner join {{ ref('fct_observations') }} as counts
        on
            categories.category_key = counts.category_key
            and counts.population_id = '{{ population_id }}'
            and counts.measure_id = 'offender_count'
            and counts.is_preferred
    inner join {{ ref('fct_population_totals') }} as totals
        on
            counts.population_id = totals.population_id
            and counts.fiscal_year = totals.fiscal_year
    {% for numbers, measure_id in {
        'percentages': 'offender_percent',
        'means': 'mean_sentence_months',
    }.items() %}
        left join {{ ref('fct_observations') }} as {{ numbers }}
            on
                counts.category_key = {{ numbers }}.category_key
                and counts.population_id = {{ numbers }}.population_id
                and counts.fiscal_year = {{ numbers }}.fiscal_year
                and {{ numbers }}.measure_id = '{{ measure_id }}'
                and {{ numbers }}.is_preferred
    {% endfor %}
    where
        categories.classification_id = '{{ classification_id }}'
        and categories.category_role <> 'group'
)
{% endmacro %}

{# A topical fact of one classification: one row per fiscal year and category. #}
{% macro category_fact(classification_id, population_id='production_offenders') %}
{{ category_numbers(classification_id, population_id) }}

select
    fiscal_year,
    category_key,
    classification_id,
    category_id,
    label,
    sort_order,
    population_id,
    population_offender_count,
    published_percent,
    published_percent_decimals,
    offender_count,
    offender_count_low,
    offender_count_high,
    is_attainable,
    offender_count_status,
    count_observation_id,
    percent_observation_id
from category_numbers
order by fiscal_year, sort_order
{% endmacro %}

with observations as {{ not_materialized() }} (
    select
        *,
        value_high - obs_value as rounding
    from {{ ref('int_observations') }}
),

{% for side in ['left', 'right'] %}
    {{ side }}s as (
        select
            comparisons.comparison_id,
            comparisons.comparator,
            observations.*
        from {{ ref('stg_comparisons') }} as comparisons
        inner join observations
            on
                comparisons.compared_exhibit_id = observations.exhibit_id
                and comparisons.compared_column_name = observations.column_name
                and comparisons.{{ side }}_row_label = observations.row_label
                and comparisons.fiscal_year = observations.fiscal_year
    ),
{% endfor %}

-- The greatest is compared with every other part of its classification: with the
-- largest of them.
other_parts as (
    select
        lefts.comparison_id,
        quantities.observation_key,
        row_number() over (
            partition by lefts.comparison_id
            order by quantities.value_low desc, quantities.observation_key asc
        ) as size_rank
    from lefts
    inner join {{ ref('int_quantities') }} as quantities
        on
            lefts.fiscal_year = quantities.fiscal_year
            and lefts.series_population_id = quantities.population_id
            and lefts.classification_id = quantities.classification_id
            and lefts.measure_id = quantities.measure_id
            and lefts.series_category_key <> quantities.category_key
            and coalesce(lefts.percent_base, '')
            = coalesce(quantities.percent_base, '')
    where
        lefts.comparator = 'greatest'
        and quantities.origin = 'printed'
        and quantities.category_role = 'part'
),

compared_with as (
    select
        comparison_id,
        observation_key
    from other_parts
    where size_rank = 1
    union all
    select
        comparison_id,
        observation_key
    from rights
    where comparator <> 'greatest'
)

select
    comparisons.*,
    lefts.observation_key as left_observation_key,
    lefts.observation_id as left_observation_id,
    lefts.printed_value as left_printed_value,
    lefts.rounding as left_rounding,
    right_observations.observation_key as right_observation_key,
    right_observations.observation_id as right_observation_id,
    right_observations.printed_value as right_printed_value,
    right_observations.rounding as right_rounding
from {{ ref('stg_comparisons') }} as comparisons
left join lefts on comparisons.comparison_id = lefts.comparison_id
left join compared_with on comparisons.comparison_id = compared_with.comparison_id
left join observations as right_observations
    on compared_with.observation_key = right_observations.observation_key

-- The least and the greatest number lie in the lowest and the highest bucket that has
-- offenders.
with buckets as (
    select distinct
        quantities.fiscal_year,
        quantities.population_id,
        classifications.bucketed_concept,
        categories.range_from,
        categories.range_to,
        min(categories.range_from) over filled as lowest_from,
        max(categories.range_from) over filled as highest_from
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('classifications') }} as classifications
        on
            quantities.classification_id = classifications.classification_id
            and classifications.bucketed_concept is not null
    inner join {{ ref('categories') }} as categories
        on
            quantities.classification_id = categories.classification_id
            and quantities.category_id = categories.category_id
    where quantities.statistic = 'count' and quantities.value_low > 0
    window
        filled as (
            partition by
                quantities.fiscal_year,
                quantities.population_id,
                classifications.bucketed_concept
        )
),

extremes as (
    select
        quantities.*,
        measures.concept
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('measures') }} as measures
        on quantities.measure_id = measures.measure_id
    where
        quantities.statistic in ('minimum', 'maximum')
        and quantities.category_role = 'total'
)

select {{ relation_term(
    id='extremes.observation_id', quantity='extremes.quantity_key',
    low='buckets.range_from', high='buckets.range_to', is_subject='true'
) }}
from extremes
inner join buckets
    on
        extremes.fiscal_year = buckets.fiscal_year
        and extremes.population_id = buckets.population_id
        and extremes.concept = buckets.bucketed_concept
        and buckets.range_from = case extremes.statistic
            when 'minimum' then buckets.lowest_from else buckets.highest_from
        end

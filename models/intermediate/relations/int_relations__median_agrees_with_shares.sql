-- The median is in the lowest ranges together if more than half of all are, and above
-- them if fewer are. Median and share are taken to be of the same cases.
with ranges as (
    select
        classifications.classification_id,
        classifications.bucketed_concept,
        categories.category_id,
        categories.range_from,
        categories.range_to,
        min(categories.range_from) over (
            partition by classifications.classification_id
        ) as lowest_from
    from {{ ref('classifications') }} as classifications
    inner join {{ ref('categories') }} as categories
        on classifications.classification_id = categories.classification_id
    where classifications.bucketed_concept is not null
),

pairs as (
    select
        medians.observation_id || '.' || ranges.category_id as id,
        medians.quantity_key,
        case when shares.value_high < 50 then ranges.range_to end as low,
        case when shares.value_low > 50 then ranges.range_to end as high,
        shares.printed_value || ' percent are at most ' || ranges.range_to as note
    from {{ ref('int_quantities') }} as medians
    inner join {{ ref('int_observations') }} as observations
        on
            medians.observation_key = observations.observation_key
            and observations.category_key = 'population_total.total'
    inner join {{ ref('measures') }} as measures
        on medians.measure_id = measures.measure_id
    inner join ranges
        on
            measures.concept = ranges.bucketed_concept
            and ranges.range_from = ranges.lowest_from
    inner join {{ ref('int_quantities') }} as shares
        on
            medians.fiscal_year = shares.fiscal_year
            and observations.population_id = shares.population_id
            and ranges.classification_id = shares.classification_id
            and ranges.category_id = shares.category_id
            and shares.statistic = 'percent'
            and shares.origin = 'printed'
    where medians.statistic = 'median'
)

select {{ relation_term(
    id='id', quantity='quantity_key', low='low', high='high', is_subject='true',
    note='note'
) }}
from pairs
where low is not null or high is not null

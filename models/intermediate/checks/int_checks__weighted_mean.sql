with classifications as (
    select * from {{ ref('classifications') }}
    where is_mutually_exclusive and is_exhaustive
),

categories as (
    select * from {{ ref('categories') }}
    where category_role in ('part', 'residual')
),

category_counts as (select * from {{ ref('int_category_counts') }}),

means as (
    select observations.*
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
    where measures.statistic = 'mean' and observations.is_preferred
),

expected_parts as (
    select
        classification_id,
        count(*) as expected_count
    from categories
    group by classification_id
),

-- Only where every part has both its count and its mean, the whole's mean follows.
weighted as (
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        means.measure_id,
        min(means.exhibit_id) as parts_exhibit_id,
        min(means.value_low) as least_mean,
        max(means.value_high) as greatest_mean,
        sum(category_counts.published_count) as weight,
        sum(category_counts.published_count * means.value_low) as total_low,
        sum(category_counts.published_count * means.value_high) as total_high
    from category_counts
    inner join categories
        on
            category_counts.classification_id = categories.classification_id
            and category_counts.category_id = categories.category_id
    inner join expected_parts
        on category_counts.classification_id = expected_parts.classification_id
    inner join means
        on
            category_counts.fiscal_year = means.fiscal_year
            and category_counts.population_id = means.population_id
            and category_counts.classification_id = means.classification_id
            and category_counts.category_id = means.category_id
    where category_counts.published_count is not null
    group by
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        means.measure_id
    having count(*) = min(expected_parts.expected_count)
),

-- A population without a printed total has the mean of the category that forms it.
whole_means as (
    select
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        measure_id,
        observation_id,
        exhibit_id,
        printed_value,
        value_low,
        value_high
    from means
    union all
    select
        means.fiscal_year,
        populations.population_id,
        'population_total' as classification_id,
        'total' as category_id,
        means.measure_id,
        means.observation_id,
        means.exhibit_id,
        means.printed_value,
        means.value_low,
        means.value_high
    from {{ ref('populations') }} as populations
    inner join means
        on
            populations.parent_population_id = means.population_id
            and populations.classification_id = means.classification_id
            and populations.category_id = means.category_id
),

-- The whole is the population, or the category that the classification divides.
compared as (
    select
        weighted.*,
        classifications.label as classification_label,
        whole_means.observation_id,
        whole_means.exhibit_id,
        whole_means.printed_value,
        whole_means.value_low,
        whole_means.value_high
    from weighted
    inner join classifications
        on weighted.classification_id = classifications.classification_id
    inner join whole_means
        on
            weighted.fiscal_year = whole_means.fiscal_year
            and weighted.population_id = whole_means.population_id
            and weighted.measure_id = whole_means.measure_id
            and whole_means.classification_id
            = coalesce(classifications.parent_classification_id, 'population_total')
            and whole_means.category_id
            = coalesce(classifications.parent_category_id, 'total')
    where weighted.weight > 0
),

checks as (
    select
        'weighted_mean:' || classification_id || ':' || observation_id as check_id,
        'weighted_mean' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        classification_label || ': weighted mean of the parts' as subject,
        printed_value,
        {{ exact_quotient('total_low', 'weight', 'down') }} as expected_low,
        {{ exact_quotient('total_high', 'weight', 'up') }} as expected_high,
        value_high * weight >= total_low
        and value_low * weight <= total_high
        and value_high >= least_mean
        and value_low <= greatest_mean as is_consistent,
        'the parts in ' || parts_exhibit_id
        || ', weighted by their counts, leave that interval' as explanation
    from compared
)

select * from checks

with classifications as (
    select * from {{ ref('classifications') }}
    where not is_mutually_exclusive and is_exhaustive
),

categories as (select * from {{ ref('categories') }}),

category_counts as (select * from {{ ref('int_category_counts') }}),

unions as (select * from {{ ref('int_observations__derived_means') }}),

means as (
    select * from {{ ref('int_observations__published') }}
    where is_preferred
),

expected_parts as (
    select
        classification_id,
        count(*) as expected_count
    from categories
    where category_role = 'part'
    group by classification_id
),

-- Months served by everyone in any category, counted once, are at least those of the
-- largest part and at most those of all parts, which count some offenders twice.
bounds as (
    select
        unions.fiscal_year,
        unions.population_id,
        unions.classification_id,
        unions.measure_id,
        classifications.label as classification_label,
        unions.value_low,
        unions.value_high,
        unions.population_count,
        unions.none_total_low,
        unions.none_total_high,
        max(category_counts.published_count * means.value_low) as largest_total,
        sum(category_counts.published_count * means.value_high) as sum_of_totals
    from unions
    inner join classifications
        on unions.classification_id = classifications.classification_id
    inner join expected_parts
        on unions.classification_id = expected_parts.classification_id
    inner join categories
        on
            unions.classification_id = categories.classification_id
            and categories.category_role = 'part'
    inner join category_counts
        on
            unions.fiscal_year = category_counts.fiscal_year
            and unions.population_id = category_counts.population_id
            and categories.classification_id = category_counts.classification_id
            and categories.category_id = category_counts.category_id
    inner join means
        on
            unions.fiscal_year = means.fiscal_year
            and unions.population_id = means.population_id
            and categories.classification_id = means.classification_id
            and categories.category_id = means.category_id
            and unions.measure_id = means.measure_id
    where category_counts.published_count is not null
    group by
        unions.fiscal_year,
        unions.population_id,
        unions.classification_id,
        unions.measure_id,
        classifications.label,
        unions.value_low,
        unions.value_high,
        unions.population_count,
        unions.none_total_low,
        unions.none_total_high
    having count(*) = min(expected_parts.expected_count)
),

-- With the months of those in none they bound the months of the whole population.
totals as (
    select
        bounds.*,
        bounds.largest_total + bounds.none_total_low as least_total,
        bounds.sum_of_totals + bounds.none_total_high as greatest_total
    from bounds
),

checks as (
    select
        'overlap_mean_bounds:' || totals.classification_id || ':'
        || means.observation_id as check_id,
        'overlap_mean_bounds' as rule_id,
        means.exhibit_id,
        totals.fiscal_year,
        means.observation_id,
        totals.classification_label || ': mean of those in any or none' as subject,
        means.printed_value,
        {{ exact_quotient('totals.least_total', 'totals.population_count', 'down') }}
            as expected_low,
        {{ exact_quotient('totals.greatest_total', 'totals.population_count', 'up') }}
            as expected_high,
        means.value_high * totals.population_count >= totals.least_total
        and means.value_low * totals.population_count <= totals.greatest_total
            as is_consistent,
        'those in any have a mean of ' || totals.value_low || ' to '
        || totals.value_high
        || '; their months are at least the largest part''s and at most the sum of all'
            as explanation
    from totals
    inner join means
        on
            totals.fiscal_year = means.fiscal_year
            and totals.population_id = means.population_id
            and totals.measure_id = means.measure_id
            and means.classification_id = 'population_total'
)

select * from checks

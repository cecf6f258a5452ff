with classifications as (
    select * from {{ ref('classifications') }}
    where not is_mutually_exclusive and is_exhaustive
),

categories as (select * from {{ ref('categories') }}),

category_counts as (select * from {{ ref('int_category_counts') }}),

unions as (select * from {{ ref('int_observations__derived_means') }}),

derived_counts as (select * from {{ ref('int_observations__derived_counts') }}),

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
        unions.exhibit_id,
        classifications.label as classification_label,
        unions.value_low,
        unions.value_high,
        min(derived_counts.count_low) as union_count,
        max(category_counts.published_count * means.value_low) as largest_total,
        sum(category_counts.published_count * means.value_high) as sum_of_totals
    from unions
    inner join classifications
        on unions.classification_id = classifications.classification_id
    inner join expected_parts
        on unions.classification_id = expected_parts.classification_id
    inner join derived_counts
        on
            unions.fiscal_year = derived_counts.fiscal_year
            and unions.population_id = derived_counts.population_id
            and unions.classification_id = derived_counts.classification_id
            and unions.category_id = derived_counts.category_id
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
        unions.exhibit_id,
        classifications.label,
        unions.value_low,
        unions.value_high
    having count(*) = min(expected_parts.expected_count)
),

checks as (
    select
        'overlap_mean_bounds:'
        || bounds.classification_id
        || ':'
        || means.observation_id
            as check_id,
        'overlap_mean_bounds' as rule_id,
        bounds.exhibit_id,
        bounds.fiscal_year,
        means.observation_id,
        bounds.classification_label || ': mean of those in any' as subject,
        means.printed_value,
        {{ exact_quotient('bounds.largest_total', 'bounds.union_count', 'down') }}
            as expected_low,
        {{ exact_quotient('bounds.sum_of_totals', 'bounds.union_count', 'up') }}
            as expected_high,
        bounds.value_high * bounds.union_count >= bounds.largest_total
        and bounds.value_low * bounds.union_count <= bounds.sum_of_totals
            as is_consistent,
        'the population''s mean and that of none leave ' || bounds.value_low || ' to '
        || bounds.value_high || ' for those in any' as explanation
    from bounds
    inner join means
        on
            bounds.fiscal_year = means.fiscal_year
            and bounds.population_id = means.population_id
            and bounds.measure_id = means.measure_id
            and means.classification_id = 'population_total'
)

select * from checks

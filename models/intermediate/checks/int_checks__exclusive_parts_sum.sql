with classifications as (
    select * from {{ ref('classifications') }}
    where is_mutually_exclusive
),

categories as (
    select * from {{ ref('categories') }}
    where category_role in ('part', 'residual')
),

category_counts as (select * from {{ ref('int_category_counts') }}),

wholes as (select * from {{ ref('int_classification_wholes') }}),

whole_observations as (select * from {{ ref('int_observations__published') }}),

expected_parts as (
    select
        classification_id,
        count(*) as expected_count
    from categories
    group by classification_id
),

parts as (
    select
        wholes.fiscal_year,
        wholes.classification_id,
        wholes.observation_id,
        wholes.whole_low,
        wholes.whole_high,
        wholes.whole_percent_low,
        wholes.whole_percent_high,
        classifications.label as classification_label,
        min(category_counts.exhibit_id) as exhibit_id,
        sum(category_counts.count_low) as sum_low,
        sum(category_counts.count_high) as sum_high,
        sum(category_counts.percent_low) as percent_sum_low,
        sum(category_counts.percent_high) as percent_sum_high,
        count(category_counts.published_percent) as percent_count,
        count(*) as part_count,
        classifications.is_exhaustive
        and count(*) = min(expected_parts.expected_count) as is_complete
    from wholes
    inner join classifications
        on wholes.classification_id = classifications.classification_id
    inner join category_counts
        on
            wholes.fiscal_year = category_counts.fiscal_year
            and wholes.population_id = category_counts.population_id
            and wholes.classification_id = category_counts.classification_id
    inner join categories
        on
            category_counts.classification_id = categories.classification_id
            and category_counts.category_id = categories.category_id
    inner join expected_parts
        on wholes.classification_id = expected_parts.classification_id
    group by
        wholes.fiscal_year,
        wholes.classification_id,
        wholes.observation_id,
        wholes.whole_low,
        wholes.whole_high,
        wholes.whole_percent_low,
        wholes.whole_percent_high,
        classifications.label,
        classifications.is_exhaustive
),

sums as (
    select
        fiscal_year,
        classification_id,
        classification_label,
        observation_id,
        exhibit_id,
        'count' as quantity,
        sum_low as expected_low,
        case when is_complete then sum_high end as expected_high,
        whole_low,
        whole_high
    from parts
    union all
    select
        fiscal_year,
        classification_id,
        classification_label,
        observation_id,
        exhibit_id,
        'percent' as quantity,
        percent_sum_low as expected_low,
        case when is_complete then percent_sum_high end as expected_high,
        whole_percent_low as whole_low,
        whole_percent_high as whole_high
    from parts
    where percent_count = part_count
),

checks as (
    select
        'exclusive_parts_sum:' || sums.classification_id || '.' || sums.quantity || ':'
        || sums.observation_id as check_id,
        'exclusive_parts_sum' as rule_id,
        sums.exhibit_id,
        sums.fiscal_year,
        sums.observation_id,
        sums.classification_label || ': sum of the parts, ' || sums.quantity as subject,
        whole_observations.printed_value,
        sums.expected_low,
        sums.expected_high,
        sums.whole_high >= sums.expected_low
        and (sums.expected_high is null or sums.whole_low <= sums.expected_high)
            as is_consistent,
        'the parts sum to ' || sums.expected_low
        || case
            when sums.expected_high is null then ' or more'
            when
                sums.expected_high > sums.expected_low
                then ' to ' || sums.expected_high
            else ''
        end
        || ', the whole is ' || sums.whole_low
        || case
            when sums.whole_high > sums.whole_low then ' to ' || sums.whole_high else ''
        end as explanation
    from sums
    left join whole_observations
        on sums.observation_id = whole_observations.observation_id
)

select * from checks

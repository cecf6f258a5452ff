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

observations as (select * from {{ ref('int_observations__published') }}),

expected_parts as (
    select
        classification_id,
        count(*) as expected_count
    from categories
    group by classification_id
),

parts as (
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        categories.sort_order,
        'count' as quantity,
        category_counts.observation_id,
        category_counts.count_low as part_low,
        category_counts.count_high as part_high
    from category_counts
    inner join categories
        on
            category_counts.classification_id = categories.classification_id
            and category_counts.category_id = categories.category_id
    union all
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        categories.sort_order,
        'percent' as quantity,
        category_counts.percent_observation_id as observation_id,
        category_counts.percent_low as part_low,
        category_counts.percent_high as part_high
    from category_counts
    inner join categories
        on
            category_counts.classification_id = categories.classification_id
            and category_counts.category_id = categories.category_id
    where category_counts.percent_observation_id is not null
),

sums as (
    select
        parts.fiscal_year,
        parts.population_id,
        parts.classification_id,
        parts.quantity,
        min(parts.observation_id) as observation_id,
        count(*) as part_count,
        string_agg(observations.printed_value, ' + ' order by parts.sort_order)
            as printed_value,
        sum(parts.part_low) as sum_low,
        sum(parts.part_high) as sum_high
    from parts
    inner join observations on parts.observation_id = observations.observation_id
    group by
        parts.fiscal_year,
        parts.population_id,
        parts.classification_id,
        parts.quantity
),

compared as (
    select
        sums.*,
        classifications.label as classification_label,
        wholes.observation_id as whole_observation_id,
        classifications.is_exhaustive
        and sums.part_count = expected_parts.expected_count as is_complete,
        case sums.quantity
            when 'count' then wholes.whole_low else wholes.whole_percent_low
        end as whole_low,
        case sums.quantity
            when 'count' then wholes.whole_high else wholes.whole_percent_high
        end as whole_high
    from sums
    inner join classifications
        on sums.classification_id = classifications.classification_id
    inner join expected_parts
        on sums.classification_id = expected_parts.classification_id
    inner join wholes
        on
            sums.fiscal_year = wholes.fiscal_year
            and sums.population_id = wholes.population_id
            and sums.classification_id = wholes.classification_id
),

checks as (
    select
        'exclusive_parts_sum:' || compared.classification_id || '.'
        || compared.quantity || ':' || compared.observation_id as check_id,
        'exclusive_parts_sum' as rule_id,
        observations.exhibit_id,
        compared.fiscal_year,
        compared.observation_id,
        compared.classification_label || ': sum of the parts, ' || compared.quantity
            as subject,
        compared.printed_value,
        case when compared.is_complete then compared.whole_low end as expected_low,
        compared.whole_high as expected_high,
        compared.sum_low <= compared.whole_high
        and (not compared.is_complete or compared.sum_high >= compared.whole_low)
            as is_consistent,
        'the parts sum to '
        || {{ interval_in_words('compared.sum_low', 'compared.sum_high') }}
        || case when compared.is_complete then '' else ' at least' end
        || ', the whole is '
        || {{ interval_in_words('compared.whole_low', 'compared.whole_high') }}
        || coalesce(' (' || compared.whole_observation_id || ')', '') as explanation
    from compared
    inner join observations on compared.observation_id = observations.observation_id
    where compared.whole_high is not null
)

select * from checks

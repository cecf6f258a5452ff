with classifications as (
    select *
    from {{ ref('classifications') }}
    where counted_classification_id is not null
),

categories as (
    select * from {{ ref('categories') }}
    where category_role = 'part'
),

category_counts as (select * from {{ ref('int_category_counts') }}),

observations as (select * from {{ ref('int_observations__published') }}),

-- How many uses there are: an offender in two categories counts twice.
uses as (
    select
        classifications.classification_id,
        category_counts.fiscal_year,
        count(*) as category_count,
        sum(category_counts.count_low) as uses_low,
        sum(category_counts.count_high) as uses_high
    from classifications
    inner join categories
        on classifications.counted_classification_id = categories.classification_id
    inner join category_counts
        on
            categories.classification_id = category_counts.classification_id
            and categories.category_id = category_counts.category_id
    group by classifications.classification_id, category_counts.fiscal_year
),

implied as (
    select
        classifications.classification_id,
        classifications.label as classification_label,
        category_counts.fiscal_year,
        min(category_counts.observation_id) as observation_id,
        string_agg(
            coalesce(
                cast(category_counts.published_count as text),
                category_counts.printed_percent
            ),
            ', '
            order by categories.sort_order
        ) as printed_value,
        uses.uses_low,
        uses.uses_high,
        cast(sum(category_counts.count_low * categories.range_from) as bigint)
            as implied_low,
        cast(
            sum(
                category_counts.count_high
                * coalesce(categories.range_to, uses.category_count)
            ) as bigint
        ) as implied_high
    from classifications
    inner join categories
        on classifications.classification_id = categories.classification_id
    inner join category_counts
        on
            categories.classification_id = category_counts.classification_id
            and categories.category_id = category_counts.category_id
    inner join uses
        on
            classifications.classification_id = uses.classification_id
            and category_counts.fiscal_year = uses.fiscal_year
    group by
        classifications.classification_id,
        classifications.label,
        category_counts.fiscal_year,
        uses.uses_low,
        uses.uses_high
),

checks as (
    select
        'multiplicity_bounds:' || implied.classification_id || ':'
        || implied.observation_id as check_id,
        'multiplicity_bounds' as rule_id,
        observations.exhibit_id,
        implied.fiscal_year,
        implied.observation_id,
        implied.classification_label || ': uses that they imply' as subject,
        implied.printed_value,
        implied.implied_low as expected_low,
        implied.implied_high as expected_high,
        implied.uses_high >= implied.implied_low
        and implied.uses_low <= implied.implied_high as is_consistent,
        'the categories counted add up to '
        || {{ interval_in_words('implied.uses_low', 'implied.uses_high') }}
        || ' uses; the numbers of offenders by how many imply ' || implied.implied_low
        || ' to ' || implied.implied_high as explanation
    from implied
    inner join observations
        on implied.observation_id = observations.observation_id
)

select * from checks

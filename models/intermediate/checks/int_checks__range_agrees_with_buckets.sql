with observations as (
    select
        observations.*,
        measures.statistic,
        measures.concept
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
    where
        measures.statistic in ('minimum', 'maximum')
        and observations.classification_id = 'population_total'
),

classifications as (
    select * from {{ ref('classifications') }}
    where bucketed_concept is not null
),

filled_buckets as (
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        classifications.bucketed_concept,
        categories.range_from,
        categories.range_to,
        row_number() over (
            partition by
                category_counts.fiscal_year,
                category_counts.population_id,
                classifications.classification_id
            order by categories.range_from
        ) as from_below,
        row_number() over (
            partition by
                category_counts.fiscal_year,
                category_counts.population_id,
                classifications.classification_id
            order by categories.range_from desc
        ) as from_above
    from classifications
    inner join {{ ref('categories') }} as categories
        on classifications.classification_id = categories.classification_id
    inner join {{ ref('int_category_counts') }} as category_counts
        on
            categories.classification_id = category_counts.classification_id
            and categories.category_id = category_counts.category_id
    where categories.range_from is not null and category_counts.count_low > 0
),

checks as (
    select
        'range_agrees_with_buckets:' || observations.observation_id as check_id,
        'range_agrees_with_buckets' as rule_id,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.observation_id,
        observations.row_label || ', ' || observations.column_name as subject,
        observations.printed_value,
        filled_buckets.range_from as expected_low,
        filled_buckets.range_to as expected_high,
        observations.obs_value >= filled_buckets.range_from
        and (
            filled_buckets.range_to is null
            or observations.obs_value <= filled_buckets.range_to
        ) as is_consistent,
        'lies in the ' || case
            when observations.statistic = 'minimum' then 'lowest' else 'highest'
        end || ' bucket that has offenders' as explanation
    from observations
    inner join filled_buckets
        on
            observations.fiscal_year = filled_buckets.fiscal_year
            and observations.population_id = filled_buckets.population_id
            and observations.concept = filled_buckets.bucketed_concept
            and (
                (observations.statistic = 'minimum' and filled_buckets.from_below = 1)
                or (
                    observations.statistic = 'maximum' and filled_buckets.from_above = 1
                )
            )
)

select * from checks

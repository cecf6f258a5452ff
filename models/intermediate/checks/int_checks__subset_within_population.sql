with category_counts as (select * from {{ ref('int_category_counts') }}),

wholes as (select * from {{ ref('int_classification_wholes') }}),

observations as (select * from {{ ref('int_observations__published') }}),

categories as (select * from {{ ref('categories') }}),

subsets as (
    select
        category_counts.*,
        case
            when categories.category_role in ('none', 'any')
                then category_counts.population_count
            else wholes.whole_high
        end as limit_count
    from category_counts
    inner join categories
        on
            category_counts.classification_id = categories.classification_id
            and category_counts.category_id = categories.category_id
    inner join wholes
        on
            category_counts.fiscal_year = wholes.fiscal_year
            and category_counts.population_id = wholes.population_id
            and category_counts.classification_id = wholes.classification_id
),

checks as (
    select
        'subset_within_population:' || subsets.observation_id as check_id,
        'subset_within_population' as rule_id,
        subsets.exhibit_id,
        subsets.fiscal_year,
        subsets.observation_id,
        observations.row_label || ', ' || observations.column_name as subject,
        observations.printed_value,
        cast(0 as bigint) as expected_low,
        subsets.limit_count as expected_high,
        subsets.count_low between 0 and subsets.limit_count as is_consistent,
        'at least ' || subsets.count_low || ' of at most ' || subsets.limit_count
            as explanation
    from subsets
    inner join observations
        on subsets.observation_id = observations.observation_id
)

select * from checks

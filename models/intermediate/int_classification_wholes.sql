with classifications as (select * from {{ ref('classifications') }}),

categories as (select * from {{ ref('categories') }}),

population_counts as (select * from {{ ref('int_population_counts') }}),

category_counts as (select * from {{ ref('int_category_counts') }}),

of_parent_categories as (
    select
        parents.fiscal_year,
        parents.population_id,
        classifications.classification_id,
        parents.observation_id,
        parents.count_low as whole_low,
        parents.count_high as whole_high,
        parents.percent_low as whole_percent_low,
        parents.percent_high as whole_percent_high,
        parents.population_count,
        false as is_complement
    from classifications
    inner join category_counts as parents
        on
            classifications.parent_classification_id = parents.classification_id
            and classifications.parent_category_id = parents.category_id
            and classifications.population_id = parents.population_id
),

-- Where the categories overlap, the whole is everyone who is not in none.
of_populations as (
    select
        population_counts.fiscal_year,
        population_counts.population_id,
        classifications.classification_id,
        coalesce(nones.count_observation_id, population_counts.observation_id)
            as observation_id,
        population_counts.offender_count - coalesce(nones.count_high, 0) as whole_low,
        population_counts.offender_count - coalesce(nones.count_low, 0) as whole_high,
        100 as whole_percent_low,
        100 as whole_percent_high,
        population_counts.offender_count as population_count,
        nones.category_id is not null as is_complement
    from classifications
    inner join population_counts
        on classifications.population_id = population_counts.population_id
    left join categories as none_categories
        on
            classifications.classification_id = none_categories.classification_id
            and none_categories.category_role = 'none'
            and not classifications.is_mutually_exclusive
    left join category_counts as nones
        on
            population_counts.fiscal_year = nones.fiscal_year
            and population_counts.population_id = nones.population_id
            and none_categories.classification_id = nones.classification_id
            and none_categories.category_id = nones.category_id
    where classifications.parent_category_id is null
),

classification_wholes as (
    select * from of_parent_categories
    union all
    select * from of_populations
)

select * from classification_wholes

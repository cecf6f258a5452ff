with category_counts as (select * from {{ ref('int_category_counts') }}),

population_counts as (select * from {{ ref('int_population_counts') }}),

categories as (select * from {{ ref('categories') }}),

behind_percentages as (
    select
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        report_id,
        exhibit_id,
        count_low,
        count_high,
        'count behind a percentage: ' || printed_percent || ' percent of '
        || population_count as derivation
    from category_counts
    where published_count is null and population_count is not null
),

parts as (
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        min(category_counts.report_id) as report_id,
        min(category_counts.exhibit_id) as exhibit_id,
        sum(category_counts.count_low) as count_low,
        sum(category_counts.count_high) as count_high,
        string_agg(
            case
                when category_counts.count_low = category_counts.count_high
                    then cast(category_counts.count_low as varchar)
                else
                    category_counts.count_low || ' to ' || category_counts.count_high
            end,
            ' - '
            order by categories.sort_order
        ) as terms
    from category_counts
    inner join categories
        on
            category_counts.classification_id = categories.classification_id
            and category_counts.category_id = categories.category_id
    where categories.category_role = 'part'
    group by
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id
),

residuals as (
    select
        parts.fiscal_year,
        parts.population_id,
        parts.classification_id,
        categories.category_id,
        parts.report_id,
        parts.exhibit_id,
        population_counts.offender_count - parts.count_high as count_low,
        population_counts.offender_count - parts.count_low as count_high,
        'all less those in a stated category: ' || population_counts.offender_count
        || ' - ' || parts.terms as derivation
    from parts
    inner join categories
        on
            parts.classification_id = categories.classification_id
            and categories.category_role = 'residual'
    inner join population_counts
        on
            parts.fiscal_year = population_counts.fiscal_year
            and parts.population_id = population_counts.population_id
    left join category_counts
        on
            parts.fiscal_year = category_counts.fiscal_year
            and parts.population_id = category_counts.population_id
            and categories.classification_id = category_counts.classification_id
            and categories.category_id = category_counts.category_id
    where category_counts.category_id is null
),

unions as (
    select
        nones.fiscal_year,
        nones.population_id,
        nones.classification_id,
        anies.category_id,
        nones.report_id,
        nones.exhibit_id,
        nones.population_count - nones.count_high as count_low,
        nones.population_count - nones.count_low as count_high,
        'all less those in none: ' || nones.population_count || ' - '
        || nones.count_low as derivation
    from category_counts as nones
    inner join categories as none_categories
        on
            nones.classification_id = none_categories.classification_id
            and nones.category_id = none_categories.category_id
            and none_categories.category_role = 'none'
    inner join categories as anies
        on
            nones.classification_id = anies.classification_id
            and anies.category_role = 'any'
),

derived_counts as (
    select * from behind_percentages
    union all
    select * from residuals
    union all
    select * from unions
)

select * from derived_counts

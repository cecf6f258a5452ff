with observations as (
    select observations.*
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
    where measures.statistic = 'mean' and observations.is_preferred
),

category_counts as (select * from {{ ref('int_category_counts') }}),

categories as (select * from {{ ref('categories') }}),

-- Those in any category are the population less those in none, so their total is too.
totals as (
    select
        nones.fiscal_year,
        nones.population_id,
        nones.classification_id,
        anies.category_id,
        nones.measure_id,
        nones.report_id,
        nones.exhibit_id,
        counts.population_count,
        counts.published_count as none_count,
        counts.population_count - counts.published_count as any_count,
        alls.obs_value as population_mean,
        nones.obs_value as none_mean,
        counts.published_count * nones.value_low as none_total_low,
        counts.published_count * nones.value_high as none_total_high,
        counts.population_count * alls.obs_value
        - counts.published_count * nones.obs_value as total,
        counts.population_count * alls.value_low
        - counts.published_count * nones.value_high as total_low,
        counts.population_count * alls.value_high
        - counts.published_count * nones.value_low as total_high
    from observations as nones
    inner join categories as none_categories
        on
            nones.classification_id = none_categories.classification_id
            and nones.category_id = none_categories.category_id
            and none_categories.category_role = 'none'
    inner join categories as anies
        on
            nones.classification_id = anies.classification_id
            and anies.category_role = 'any'
    inner join category_counts as counts
        on
            nones.fiscal_year = counts.fiscal_year
            and nones.population_id = counts.population_id
            and nones.classification_id = counts.classification_id
            and nones.category_id = counts.category_id
    inner join observations as alls
        on
            nones.fiscal_year = alls.fiscal_year
            and nones.population_id = alls.population_id
            and nones.measure_id = alls.measure_id
            and alls.classification_id = 'population_total'
    where counts.published_count < counts.population_count
),

derived_means as (
    select
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        measure_id,
        report_id,
        exhibit_id,
        population_count,
        none_total_low,
        none_total_high,
        {{ exact_quotient('total', 'any_count') }} as obs_value,
        {{ exact_quotient('total_low', 'any_count', 'down') }} as value_low,
        {{ exact_quotient('total_high', 'any_count', 'up') }} as value_high,
        'mean of all less those in none: (' || population_count || ' x '
        || {{ number_in_words('population_mean') }} || ' - ' || none_count || ' x '
        || {{ number_in_words('none_mean') }} || ') / ' || any_count as derivation
    from totals
)

select * from derived_means

-- How many offenders used each method of coercion, and where does the report say so?
-- The report prints percentages of all production offenders, not of those who coerced;
-- the counts are the least and the greatest that round to them. Methods overlap: the
-- counts add up to more than the offenders who coerced.
with coercion_methods as (select * from {{ ref('fct_coercion_methods') }}),

percentages as (
    select * from {{ ref('fct_observations') }}
    where measure_id = 'offender_percent' and is_preferred
),

cited_coercion_methods as (
    select
        coercion_methods.fiscal_year,
        coercion_methods.sort_order,
        coercion_methods.label,
        percentages.printed_value as printed_percent,
        coercion_methods.offender_count_low,
        coercion_methods.offender_count_high,
        coercion_methods.population_offender_count,
        percentages.locator,
        percentages.footnote
    from coercion_methods
    left join percentages
        on
            coercion_methods.fiscal_year = percentages.fiscal_year
            and coercion_methods.population_id = percentages.population_id
            and coercion_methods.classification_id = percentages.classification_id
            and coercion_methods.category_id = percentages.category_id
)

select * from cited_coercion_methods
order by fiscal_year, sort_order

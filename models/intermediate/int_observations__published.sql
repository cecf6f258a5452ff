with exhibits as (select * from {{ ref('exhibits') }}),

reports as (select * from {{ ref('reports') }}),

staged as (select * from {{ ref('int_observations__staged') }}),

ranked as (
    select
        staged.*,
        exhibits.report_id,
        row_number() over (
            partition by
                staged.fiscal_year,
                staged.population_id,
                staged.classification_id,
                staged.category_id,
                staged.measure_id,
                staged.reference_fiscal_year,
                staged.reference_category_id
            order by
                reports.publication_date desc,
                case exhibits.exhibit_type
                    when 'table' then 1
                    when 'figure' then 2
                    else 3
                end asc,
                exhibits.report_id asc,
                exhibits.sort_order asc,
                staged.row_number asc,
                staged.column_name asc
        ) as preference
    from staged
    left join exhibits on staged.exhibit_id = exhibits.exhibit_id
    left join reports on exhibits.report_id = reports.report_id
),

published_observations as (
    select
        observation_id,
        report_id,
        exhibit_id,
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        measure_id,
        reference_fiscal_year,
        reference_category_id,
        printed_value,
        printed_unit,
        obs_value,
        decimals,
        value_low,
        value_high,
        wording,
        row_number,
        row_label,
        column_name,
        locator,
        footnote,
        preference = 1 as is_preferred
    from ranked
)

select * from published_observations

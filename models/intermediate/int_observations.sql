with cells as (select * from {{ ref('stg_cells') }}),

populations as (select * from {{ ref('populations') }}),

reports as (select * from {{ ref('reports') }}),

-- The later report is preferred, and a table to a figure to a statement.
exhibits as (
    select
        exhibits.exhibit_id,
        row_number() over (
            order by
                reports.publication_date desc,
                case exhibits.exhibit_type
                    when 'table' then 1
                    when 'figure' then 2
                    else 3
                end asc,
                exhibits.report_id asc,
                exhibits.sort_order asc
        ) as preference
    from {{ ref('exhibits') }} as exhibits
    left join reports on exhibits.report_id = reports.report_id
),

-- The total of a population that a category of another forms is that category's number.
addressed as (
    select
        cells.*,
        cast(
            exhibits.preference * 1000000000
            + cells.row_number * 1000
            + cells.column_number as bigint
        ) as observation_key,
        coalesce(populations.parent_population_id, cells.population_id)
            as series_population_id,
        coalesce(
            populations.classification_id || '.' || populations.category_id,
            cells.category_key
        ) as series_category_key
    from cells
    left join exhibits on cells.exhibit_id = exhibits.exhibit_id
    left join populations
        on
            cells.category_key = 'population_total.total'
            and cells.population_id = populations.population_id
            and populations.category_id is not null
),

observations as (
    select
        observation_key,
        observation_id,
        report_id,
        exhibit_id,
        {{ series_key(
            'fiscal_year', 'series_population_id', 'series_category_key',
            'measure_id', 'reference_fiscal_year', 'reference_category_id',
            'percent_base'
        ) }} as series_key,
        series_population_id,
        series_category_key,
        fiscal_year,
        population_id,
        category_key,
        classification_id,
        category_id,
        measure_id,
        reference_fiscal_year,
        reference_category_id,
        percent_base,
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
        heading,
        paragraph,
        locator,
        footnote
    from addressed
)

select * from observations

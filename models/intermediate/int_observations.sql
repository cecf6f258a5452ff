-- The later report is preferred, and a table to a figure to a statement.
with exhibits as (
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
    left join {{ ref('reports') }} as reports on exhibits.report_id = reports.report_id
),

-- The total of a population that a category of another forms is that category's number.
addressed as (
    select
        cells.*,
        cast(exhibits.preference as bigint) * 1000000000
        + cells.row_number * 1000
        + cells.column_number as observation_key,
        coalesce(populations.parent_population_id, cells.population_id)
            as series_population_id,
        coalesce(
            populations.classification_id || '.' || populations.category_id,
            cells.category_key
        ) as series_category_key
    from {{ ref('stg_cells') }} as cells
    left join exhibits on cells.exhibit_id = exhibits.exhibit_id
    left join {{ ref('populations') }} as populations
        on
            cells.category_key = 'population_total.total'
            and cells.population_id = populations.population_id
            and populations.category_id is not null
)

select
    *,
    {{ series_key(
        'fiscal_year', 'series_population_id', 'series_category_key',
        'measure_id', 'reference_fiscal_year', 'reference_category_id',
        'percent_base'
    ) }} as series_key
from addressed

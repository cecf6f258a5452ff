-- What a row or its column does not say, its exhibit does.
with coded as (
    select
        cells.report_id,
        cells.exhibit_id,
        cast(cells.row_number as integer) as row_number,
        cells.row_label,
        cast(cells.column_number as integer) as column_number,
        cells.column_name,
        coalesce(cast(cells.fiscal_year as integer), exhibits.fiscal_year)
            as fiscal_year,
        coalesce(cells.population_id, exhibits.population_id) as population_id,
        coalesce(cells.category_key, 'population_total.total') as category_key,
        coalesce(cells.measure_id, exhibit_columns.measure_id) as measure_id,
        cast(cells.reference_fiscal_year as integer) as reference_fiscal_year,
        cells.reference_category_id,
        coalesce(cells.percent_base, exhibits.percent_base) as percent_base,
        cells.printed_value,
        cells.printed_unit,
        cells.wording,
        coalesce(cells.heading, exhibits.heading) as heading,
        cast(cells.paragraph as integer) as paragraph,
        cells.footnote
    from {{ source('raw', 'cells') }} as cells
    left join {{ ref('exhibits') }} as exhibits
        on cells.exhibit_id = exhibits.exhibit_id
    left join {{ ref('exhibit_columns') }} as exhibit_columns
        on
            cells.exhibit_id = exhibit_columns.exhibit_id
            and cells.column_name = exhibit_columns.column_name
),

read as (
    select
        coded.*,
        measures.statistic,
        measures.is_exact,
        {{ printed_number('coded.printed_value', place(
            'coded.exhibit_id', 'coded.row_number', 'coded.row_label',
            'coded.column_name'
        )) }} as obs_value,
        cast({{ printed_decimals('coded.printed_value') }} as integer) as decimals
    from coded
    left join {{ ref('measures') }} as measures
        on coded.measure_id = measures.measure_id
),

rounded as (
    select
        read.*,
        case
            when is_exact then cast(0 as decimal(5, 4))
            else {{ half_unit('decimals') }}
        end as half_unit
    from read
)

select
    exhibit_id || '.' || row_number || '.' || column_name as observation_id,
    report_id,
    exhibit_id,
    row_number,
    row_label,
    column_number,
    column_name,
    fiscal_year,
    population_id,
    category_key,
    split_part(category_key, '.', 1) as classification_id,
    split_part(category_key, '.', 2) as category_id,
    measure_id,
    reference_fiscal_year,
    reference_category_id,
    case when statistic = 'percent' then percent_base end as percent_base,
    printed_value,
    printed_unit,
    obs_value,
    decimals,
    cast(obs_value - half_unit as decimal(18, 4)) as value_low,
    cast(obs_value + half_unit as decimal(18, 4)) as value_high,
    wording,
    heading,
    paragraph,
    {{ locator('heading', 'paragraph', 'row_number') }} as locator,
    footnote
from rounded

with exhibits as (select * from {{ ref('exhibits') }}),

controls as (
    select
        exhibit_id,
        string_agg(
            case when control = 'fiscal_year' then control_value end, '|'
            order by control_value
        ) as fiscal_years,
        string_agg(
            case when control = 'footnote' then control_value end, '|'
            order by control_value
        ) as footnotes
    from {{ ref('exhibit_controls') }}
    group by exhibit_id
)

select
    exhibits.exhibit_id,
    exhibits.report_id,
    exhibits.exhibit_type,
    exhibits.exhibit_number,
    exhibits.title,
    exhibits.sort_order,
    exhibits.population_id,
    controls.fiscal_years,
    exhibits.printed_row_count,
    exhibits.printed_number_count,
    exhibits.printed_wording_count,
    exhibits.paragraph_count,
    controls.footnotes,
    exhibits.keyed_on,
    exhibits.keyed_from
from exhibits
left join controls on exhibits.exhibit_id = controls.exhibit_id
order by exhibits.report_id, exhibits.sort_order

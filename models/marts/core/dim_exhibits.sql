with exhibits as (select * from {{ ref('exhibits') }})

select
    exhibit_id,
    report_id,
    exhibit_type,
    exhibit_number,
    title,
    sort_order,
    population_id,
    fiscal_years,
    printed_row_count,
    printed_number_count,
    printed_wording_count,
    paragraph_count,
    footnotes,
    keyed_on,
    keyed_from
from exhibits
order by report_id, sort_order

with comparisons as (
    select * from {{ ref('fct_stated_comparisons') }}
    where exhibit_id = 'ussc_production_2021.comparisons'
)

select
    row_number,
    row_label,
    fiscal_year,
    left_printed_value,
    comparator,
    right_printed_value,
    printed_value,
    printed_unit,
    wording,
    locator
from comparisons
order by row_number

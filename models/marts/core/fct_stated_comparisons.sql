select
    comparison_id,
    exhibit_id,
    fiscal_year,
    row_number,
    row_label,
    left_observation_id,
    left_printed_value,
    comparator,
    right_observation_id,
    right_printed_value,
    printed_value,
    printed_unit,
    wording,
    locator,
    footnote
from {{ ref('int_comparisons') }}
order by exhibit_id, row_number

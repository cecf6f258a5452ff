with observations as (select * from {{ ref('int_observations') }})

select
    observation_id,
    report_id,
    exhibit_id,
    fiscal_year,
    population_id,
    classification_id || '.' || category_id as category_key,
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
    obs_status,
    derivation,
    is_preferred,
    wording,
    wording_category,
    row_number,
    row_label,
    column_name,
    locator,
    footnote
from observations
order by
    report_id asc,
    obs_status desc,
    exhibit_id asc,
    row_number asc,
    column_name asc,
    observation_id asc

select
    declared.discrepancy_id,
    exhibits.report_id,
    exhibits.exhibit_id,
    exhibits.title as exhibit_title,
    observations.locator,
    observations.row_label,
    observations.column_name,
    checks.printed_value,
    checks.expected_low,
    checks.expected_high,
    declared.consistent_values,
    checks.rule_id,
    declared.explanation
from {{ ref('known_discrepancies') }} as declared
inner join {{ ref('fct_consistency_checks') }} as checks
    on declared.discrepancy_id = checks.discrepancy_id
inner join {{ ref('fct_observations') }} as observations
    on checks.observation_id = observations.observation_id
inner join {{ ref('dim_exhibits') }} as exhibits
    on checks.exhibit_id = exhibits.exhibit_id
order by declared.discrepancy_id

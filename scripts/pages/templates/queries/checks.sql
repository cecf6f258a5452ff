select
    checks.check_id,
    checks.rule_id,
    checks.exhibit_id,
    checks.observation_id,
    checks.subject,
    checks.printed_value,
    checks.expected_low,
    checks.expected_high,
    checks.verdict,
    checks.discrepancy_id,
    checks.explanation
from marts.fct_consistency_checks as checks
inner join marts.dim_exhibits as exhibits on checks.exhibit_id = exhibits.exhibit_id
order by exhibits.report_id, exhibits.sort_order, checks.check_id

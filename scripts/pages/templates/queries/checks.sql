select
    check_id, rule_id, exhibit_id, observation_id, subject, checks.printed_value, expected_low,
    expected_high, verdict, is_vacuous, discrepancy_id, explanation
from marts.fct_consistency_checks as checks
inner join marts.dim_exhibits as exhibits using (exhibit_id)
order by report_id, sort_order, check_id

select
    discrepancies.discrepancy_id,
    discrepancies.exhibit_id,
    discrepancies.locator,
    discrepancies.row_label,
    discrepancies.printed_value,
    discrepancies.consistent_values,
    discrepancies.explanation,
    checks.observation_id
from marts.rpt_discrepancies as discrepancies
inner join marts.fct_consistency_checks as checks
    on discrepancies.discrepancy_id = checks.discrepancy_id
order by discrepancies.discrepancy_id

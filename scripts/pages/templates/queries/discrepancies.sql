select
    discrepancy_id, discrepancies.exhibit_id, locator, row_label, discrepancies.printed_value,
    consistent_values, discrepancies.explanation, observation_id
from marts.rpt_discrepancies as discrepancies
inner join marts.fct_consistency_checks as checks using (discrepancy_id)
order by discrepancy_id

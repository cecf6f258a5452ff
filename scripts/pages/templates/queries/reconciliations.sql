select
    observation_id, report_id, definition_id, definition_label, reconciliations.printed_value, recomputed_value,
    limit_kind, difference, verdict, reason, decimals
from marts.fct_reconciliations as reconciliations
inner join marts.fct_observations using (observation_id)
order by observation_id, definition_id

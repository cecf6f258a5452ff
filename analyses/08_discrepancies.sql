-- Which printed numbers do not agree with arithmetic, and what would agree?
-- The numbers stay as printed in every table; nothing is corrected. A discrepancy is no
-- proof of a misprint: a base that the report does not state can explain it.
select
    exhibit_title,
    locator,
    row_label,
    printed_value,
    consistent_values,
    rule_id
from {{ ref('rpt_discrepancies') }}
order by discrepancy_id

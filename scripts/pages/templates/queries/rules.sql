select rule_id, label, description
from marts.dim_rules
order by rule_id

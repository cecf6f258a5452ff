select
    rule_id,
    label,
    description,
    sentence
from {{ ref('rules') }}
order by rule_id

with rules as (select * from {{ ref('rules') }})

select
    rule_id,
    label,
    description,
    sentence
from rules
order by rule_id

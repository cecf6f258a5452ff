with measures as (select * from {{ ref('measures') }})

select
    measure_id,
    label,
    unit,
    concept,
    statistic,
    is_exact,
    description
from measures
order by measure_id

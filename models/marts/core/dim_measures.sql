select
    measure_id,
    label,
    unit,
    concept,
    statistic,
    is_exact,
    description
from {{ ref('measures') }}
order by measure_id

select min(observation_key) as observation_key
from {{ ref('int_observations') }}
group by series_key

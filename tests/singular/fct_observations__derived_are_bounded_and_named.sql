select
    observation_id
    || ': a derived number has bounds, its value between them, and names its derivation'
        as failure
from {{ ref('fct_observations') }}
where
    obs_status = 'derived'
    and not coalesce(
        value_low <= value_high
        and coalesce(obs_value, value_low) between value_low and value_high
        and derivation is not null
        and printed_value is null,
        false
    )

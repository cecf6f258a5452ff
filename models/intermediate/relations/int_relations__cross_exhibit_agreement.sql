-- A number printed more than once is the same number: with the same decimals, digit for
-- digit, and else within the rounding of both. A word such as life stays the same word.
with repeats as (
    select
        observations.observation_id,
        observations.observation_key,
        firsts.observation_key as first_key,
        case
            when observations.obs_value is null or firsts.obs_value is null then 0
            else 1
        end as coefficient,
        case
            when observations.printed_value = firsts.printed_value then 0
            when observations.obs_value is null or firsts.obs_value is null then -1
            when observations.decimals = firsts.decimals then 0
            else
                observations.value_high - observations.obs_value
                + firsts.value_high - firsts.obs_value
        end as tolerance
    from {{ ref('int_observations') }} as observations
    inner join {{ ref('int_quantities') }} as quantities
        on
            observations.series_key = quantities.series_key
            and quantities.origin = 'printed'
            and observations.observation_key <> quantities.observation_key
    inner join {{ ref('int_observations') }} as firsts
        on quantities.observation_key = firsts.observation_key
)

select {{ relation_term(
    id='observation_id', observation='observation_key', coefficient='coefficient',
    low='-tolerance', high='tolerance', is_subject='true'
) }}
from repeats
union all
select {{ relation_term(
    id='observation_id', observation='first_key', coefficient='-coefficient',
    low='-tolerance', high='tolerance'
) }}
from repeats

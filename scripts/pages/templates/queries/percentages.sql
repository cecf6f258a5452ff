select
    fiscal_year,
    label,
    published_percent,
    published_percent_decimals,
    offender_count_low,
    offender_count_high,
    offender_count_status,
    population_offender_count,
    is_attainable,
    count_observation_id,
    percent_observation_id
from marts.{mart}
order by fiscal_year, sort_order

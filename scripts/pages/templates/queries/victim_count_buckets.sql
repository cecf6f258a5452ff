select
    fiscal_year,
    bucket_label,
    victims_from,
    victims_to,
    offender_count,
    population_offender_count,
    published_percent,
    published_percent_decimals,
    recomputed_percent,
    obs_status,
    count_observation_id,
    percent_observation_id
from marts.fct_victim_count_buckets
order by fiscal_year, sort_order

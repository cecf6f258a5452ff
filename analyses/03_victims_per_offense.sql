-- How many offenses involved one victim, more than one, or a number not stated?
-- Each offender is in one bucket, and the report counts one offense for each offender,
-- so the counts sum to the population. The bucket not stated is derived: the report
-- prints only the other two. Percentages are of all production offenders.
select
    fiscal_year,
    bucket_label,
    victims_from,
    victims_to,
    offender_count,
    population_offender_count,
    published_percent,
    recomputed_percent,
    obs_status
from {{ ref('fct_victim_count_buckets') }}
order by fiscal_year, sort_order

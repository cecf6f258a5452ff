with observations as (
    select * from {{ ref('fct_observations') }}
    where
        is_preferred
        and population_id = 'production_offenders'
        and classification_id = 'population_total'
),

counts as (
    select
        fiscal_year,
        obs_value as offender_count,
        observation_id as count_observation_id,
        first_value(fiscal_year) over (order by fiscal_year) as first_fiscal_year,
        first_value(obs_value) over (order by fiscal_year) as first_offender_count
    from observations
    where measure_id = 'offender_count'
),

changes as (
    select * from observations
    where measure_id = 'offender_count_percent_change'
)

select
    counts.fiscal_year,
    cast(counts.offender_count as bigint) as offender_count,
    counts.first_fiscal_year,
    cast({{ exact_quotient(
        '100 * (counts.offender_count - counts.first_offender_count)',
        'counts.first_offender_count'
    ) }} as decimal(11, 4)) as percent_change_from_first_year,
    cast(changes.obs_value as decimal(9, 2)) as published_percent_change,
    counts.count_observation_id
from counts
left join changes
    on
        counts.fiscal_year = changes.fiscal_year
        and counts.first_fiscal_year = changes.reference_fiscal_year

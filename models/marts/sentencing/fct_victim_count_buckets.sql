{{ category_numbers('victim_count_buckets', 'production_offenders') }}

-- The open bucket ends at the largest number of victims that the report prints.
select
    numbers.fiscal_year,
    numbers.category_key,
    numbers.category_id as victim_count_bucket_id,
    numbers.label as bucket_label,
    numbers.sort_order,
    numbers.range_from as victims_from,
    cast(case
        when numbers.range_from is not null
            then coalesce(numbers.range_to, largest.obs_value)
    end as integer) as victims_to,
    numbers.offender_count,
    numbers.population_offender_count,
    numbers.published_percent,
    numbers.published_percent_decimals,
    cast({{ exact_quotient(
        '100 * numbers.offender_count', 'numbers.population_offender_count'
    ) }} as decimal(7, 4)) as recomputed_percent,
    numbers.offender_count_status as obs_status,
    numbers.count_observation_id,
    numbers.percent_observation_id
from category_numbers as numbers
left join {{ ref('fct_observations') }} as largest
    on
        numbers.fiscal_year = largest.fiscal_year
        and numbers.population_id = largest.population_id
        and largest.measure_id = 'largest_victim_count'
        and largest.classification_id = 'population_total'
        and largest.is_preferred
order by numbers.fiscal_year, numbers.sort_order

{{ category_counts_and_percentages(
    'victim_count_buckets', 'production_offenders'
) }},

-- The open bucket ends at the largest number of victims that the report prints.
largest as (
    select
        fiscal_year,
        obs_value as victim_count
    from observations
    where
        measure_id = 'largest_victim_count'
        and population_id = 'production_offenders'
        and classification_id = 'population_total'
)

select
    category_counts.fiscal_year,
    category_counts.category_key,
    category_counts.category_id as victim_count_bucket_id,
    category_counts.label as bucket_label,
    category_counts.sort_order,
    categories.range_from as victims_from,
    cast(
        case
            when categories.range_from is not null
                then coalesce(categories.range_to, largest.victim_count)
        end as integer
    ) as victims_to,
    category_counts.offender_count,
    category_counts.population_offender_count,
    category_counts.published_percent,
    category_counts.published_percent_decimals,
    cast(
        {{ exact_quotient(
            '100 * category_counts.offender_count',
            'category_counts.population_offender_count'
        ) }} as decimal(7, 4)
    ) as recomputed_percent,
    category_counts.offender_count_status as obs_status,
    category_counts.count_observation_id,
    category_counts.percent_observation_id
from category_counts
inner join categories on category_counts.category_key = categories.category_key
left join largest on category_counts.fiscal_year = largest.fiscal_year
order by category_counts.fiscal_year, category_counts.sort_order

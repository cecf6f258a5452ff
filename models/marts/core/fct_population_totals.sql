with populations as (select * from {{ ref('dim_populations') }}),

-- A population that a category of another forms has that category's numbers, too.
places as (
    select
        population_id,
        population_id as place_population_id,
        'population_total.total' as category_key
    from populations
    union all
    select
        population_id,
        parent_population_id as place_population_id,
        classification_id || '.' || category_id as category_key
    from populations
    where category_id is not null
),

placed as (
    select
        observations.*,
        places.population_id as placed_population_id
    from places
    inner join {{ ref('fct_observations') }} as observations
        on
            places.place_population_id = observations.population_id
            and places.category_key = observations.category_key
            and observations.is_preferred
),

totals as (
    select
        placed_population_id as population_id,
        fiscal_year,
        {{ measure_columns({
            'offender_count': 'offender_count',
            'mean_sentence_months': 'mean_sentence_months',
            'mean_age_years': 'mean_age_years',
            'median_loss_dollars': 'median_loss_dollars',
        }) }}
    from placed
    group by placed_population_id, fiscal_year
)

select
    totals.population_id,
    populations.label as population_label,
    totals.fiscal_year,
    cast(totals.offender_count as bigint) as offender_count,
    cast(totals.offender_count_low as bigint) as offender_count_low,
    cast(totals.offender_count_high as bigint) as offender_count_high,
    totals.offender_count_status,
    populations.parent_population_id,
    cast(parents.offender_count as bigint) as parent_offender_count,
    cast(totals.mean_sentence_months as decimal(11, 4)) as mean_sentence_months,
    cast(totals.mean_sentence_months_low as decimal(11, 4)) as mean_sentence_months_low,
    cast(totals.mean_sentence_months_high as decimal(11, 4))
        as mean_sentence_months_high,
    cast(totals.mean_age_years as decimal(6, 2)) as mean_age_years,
    cast(totals.median_loss_dollars as decimal(18, 2)) as median_loss_dollars,
    totals.offender_count_observation_id as count_observation_id,
    totals.mean_sentence_months_observation_id as mean_observation_id,
    totals.mean_age_years_observation_id as age_observation_id,
    totals.median_loss_dollars_observation_id as loss_observation_id
from totals
inner join populations on totals.population_id = populations.population_id
left join totals as parents
    on
        populations.parent_population_id = parents.population_id
        and totals.fiscal_year = parents.fiscal_year
where
    totals.offender_count_low is not null
    or totals.mean_sentence_months is not null
    or totals.mean_age_years is not null
    or totals.median_loss_dollars is not null
order by totals.population_id, totals.fiscal_year

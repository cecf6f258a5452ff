with numbers as (
    select
        observations.observation_id,
        observations.row_label,
        observations.population_id,
        observations.classification_id,
        exhibits.population_id as exhibit_population_id,
        coalesce(populations.parent_population_id, '') as parent_population_id
    from {{ ref('int_observations__published') }} as observations
    inner join {{ ref('exhibits') }} as exhibits
        on observations.exhibit_id = exhibits.exhibit_id
    left join {{ ref('populations') }} as populations
        on observations.population_id = populations.population_id
)

-- A total is of the exhibit's own population, a part of that or of one formed from it.
select
    observation_id || ' (' || row_label
    || '): expected a number of the exhibit''s population, '
    || exhibit_population_id || ', not of ' || population_id as failure
from numbers
where
    population_id <> exhibit_population_id
    and (
        classification_id = 'population_total'
        or parent_population_id <> exhibit_population_id
    )

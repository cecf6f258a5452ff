-- A total is of the exhibit's own population, a part of that or of one formed from it.
select
    cells.observation_id || ' (' || cells.row_label
    || '): expected a number of the exhibit''s population, ' || exhibits.population_id
    || ', not of ' || cells.population_id as failure
from {{ ref('stg_cells') }} as cells
inner join {{ ref('exhibits') }} as exhibits on cells.exhibit_id = exhibits.exhibit_id
left join {{ ref('populations') }} as populations
    on cells.population_id = populations.population_id
where
    cells.population_id <> exhibits.population_id
    and (
        cells.classification_id = 'population_total'
        or coalesce(populations.parent_population_id, '') <> exhibits.population_id
    )

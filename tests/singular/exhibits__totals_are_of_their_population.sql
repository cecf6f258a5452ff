select
    observations.observation_id || ' (' || observations.row_label
    || '): expected a total of the exhibit''s population, ' || exhibits.population_id
    || ', not of ' || observations.population_id as failure
from {{ ref('int_observations__published') }} as observations
inner join {{ ref('exhibits') }} as exhibits
    on observations.exhibit_id = exhibits.exhibit_id
where
    observations.classification_id = 'population_total'
    and observations.population_id <> exhibits.population_id

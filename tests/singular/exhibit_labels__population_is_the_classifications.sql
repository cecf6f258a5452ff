select
    observations.observation_id || ' (' || observations.row_label
    || '): expected the population ' || classifications.population_id
    || ', in which ' || classifications.classification_id || ' is counted, not '
    || observations.population_id as failure
from {{ ref('int_observations__published') }} as observations
inner join {{ ref('classifications') }} as classifications
    on observations.classification_id = classifications.classification_id
where observations.population_id <> classifications.population_id

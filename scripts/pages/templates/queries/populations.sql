select population_id, label, parent_population_id, description
from marts.dim_populations
order by label, population_id

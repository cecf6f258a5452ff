select
    population_id,
    label,
    parent_population_id,
    classification_id,
    category_id,
    description
from {{ ref('populations') }}
order by population_id

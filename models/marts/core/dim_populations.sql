with populations as (select * from {{ ref('populations') }})

select
    population_id,
    label,
    parent_population_id,
    classification_id,
    category_id,
    description
from populations
order by population_id

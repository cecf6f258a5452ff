with constraints as (select * from {{ ref('int_bound_constraints') }})

select
    cast(split_part(system_id, '/', 1) as integer) as fiscal_year,
    split_part(system_id, '/', 2) as population_id,
    constraint_id,
    variable_key,
    is_whole,
    is_signed,
    coefficient,
    low,
    high,
    bound_id,
    assumption_id,
    observation_id
from constraints

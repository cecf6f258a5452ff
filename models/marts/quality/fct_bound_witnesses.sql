with proposals as (select * from {{ ref('int_bound_proposals') }}),

bounds as (select * from {{ ref('int_bounds') }})

select
    bounds.bound_id,
    bounds.fiscal_year,
    bounds.population_id,
    proposals.side,
    proposals.item as variable_key,
    cast(proposals.numerator as bigint) as numerator,
    cast(proposals.denominator as bigint) as denominator
from proposals
inner join bounds
    on proposals.system_id = bounds.system_id and proposals.bound_id = bounds.bound_id
where proposals.kind = 'witness'

with proposals as (select * from {{ ref('int_bound_proposals') }}),

bounds as (select * from {{ ref('int_bounds') }})

select
    bounds.bound_id,
    bounds.fiscal_year,
    bounds.population_id,
    cases.side,
    'case' || cases.case_path as case_path,
    cast(cases.numerator as bigint) as case_numerator,
    cast(cases.denominator as bigint) as case_denominator,
    multipliers.item as constraint_id,
    cast(multipliers.numerator as bigint) as numerator,
    cast(multipliers.denominator as bigint) as denominator
from proposals as cases
inner join bounds
    on cases.system_id = bounds.system_id and cases.bound_id = bounds.bound_id
left join proposals as multipliers
    on
        cases.system_id = multipliers.system_id
        and cases.end_id = multipliers.end_id
        and cases.case_path = multipliers.case_path
        and multipliers.kind = 'multiplier'
where cases.kind = 'case'

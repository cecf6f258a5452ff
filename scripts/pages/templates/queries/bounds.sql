select
    bound_id, report_id, population_id, fiscal_year, bounds.label, bound_low, bound_high, bound_low_exact,
    bound_high_exact, is_sharp, assumptions, explanation,
    coalesce(observation_ids, '') as observation_ids, divisor_variable_key is null as is_count,
    not contains(bound_id, '/') as is_question,
    -- A count divided by a count has no unit.
    case
        when split_part(variable_key, '/', 4) <> split_part(divisor_variable_key, '/', 4)
            then ' ' || measures.unit
        else ''
    end as unit
from marts.fct_bounds as bounds
inner join marts.dim_measures as measures on measures.measure_id = split_part(variable_key, '/', 4)
order by report_id, population_id, fiscal_year, is_question desc, bound_id

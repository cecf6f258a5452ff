select
    bound_id, report_id, population_id, fiscal_year, label, bound_low, bound_high, bound_low_exact,
    bound_high_exact, is_sharp, assumptions, explanation,
    coalesce(observation_ids, '') as observation_ids, divisor_variable_key is null as is_count,
    not contains(bound_id, '/') as is_question
from marts.fct_bounds
order by report_id, population_id, fiscal_year, is_question desc, bound_id

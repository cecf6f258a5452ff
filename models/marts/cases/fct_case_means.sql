select
    fiscal_year,
    type_of_crime,
    classification_id,
    category_key,
    case_measure_id,
    case_count,
    number_count as known_case_count,
    number_sum as value_sum,
    {{ exact_quotient('number_sum', 'number_count') }} as mean_value
from {{ ref('int_case_cells') }}
where case_measure_id <> 'all' and not is_hidden and category_key <> 'not known'

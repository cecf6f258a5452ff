-- What is bounded: the questions asked of each system that they are about, and every
-- count that is not printed. A mean is a total divided by a count.
select
    terms.system_id,
    questions.bound_id,
    questions.label,
    terms.system_id || '/' || questions.bound_id || '/' || questions.measure_id
        as variable_key,
    case when measures.statistic = 'mean' then
            terms.system_id
            || '/'
            || questions.bound_id
            || '/'
            || measures.of_measure_id
    end as divisor_variable_key
from {{ ref('bound_questions') }} as questions
inner join {{ ref('measures') }} as measures
    on questions.measure_id = measures.measure_id
inner join {{ ref('int_bound_terms') }} as terms
    on
        terms.variable_key
        = terms.system_id || '/' || questions.bound_id || '/' || questions.measure_id
union all
select
    quantities.system_id,
    quantities.series_key as bound_id,
    categories.label,
    quantities.series_key as variable_key,
    cast(null as text) as divisor_variable_key
from {{ ref('int_bound_quantities') }} as quantities
inner join {{ ref('categories') }} as categories
    on
        quantities.classification_id = categories.classification_id
        and quantities.category_id = categories.category_id
where quantities.statistic = 'count' and quantities.origin <> 'printed'

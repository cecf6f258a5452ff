with bounds as (select * from {{ ref('int_bounds') }}),

-- The report that what is bounded is taken from: the first to print a number of it.
reports as (
    select
        terms.system_id,
        min(observations.report_id) as report_id
    from {{ ref('int_bound_terms') }} as terms
    inner join {{ ref('int_observations') }} as observations
        on terms.observation_id = observations.observation_id
    group by terms.system_id
)

select
    bounds.bound_id,
    reports.report_id,
    bounds.fiscal_year,
    bounds.population_id,
    bounds.label,
    bounds.bound_low,
    bounds.bound_high,
    bounds.bound_low_exact,
    bounds.bound_high_exact,
    bounds.is_sharp,
    bounds.assumptions,
    bounds.observation_ids,
    bounds.variable_key,
    bounds.divisor_variable_key,
    'at least ' || bounds.bound_low_exact || ', from '
    || coalesce(bounds.low_in_words, 'no number being negative')
    || '; at most ' || bounds.bound_high_exact || ', from '
    || coalesce(bounds.high_in_words, 'no number being negative')
    || case
        when bounds.is_relaxed
            then '; of more than ten categories, only those that a question names are'
                || ' told apart: closer bounds may be possible'
        else ''
    end as explanation
from bounds
inner join reports on bounds.system_id = reports.system_id
order by bounds.fiscal_year, bounds.population_id, bounds.bound_id

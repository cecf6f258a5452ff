-- How many offenders used two or more kinds of inducement, with what mean sentence?
-- The report prints neither, and inducements overlap, so that neither follows from one
-- number alone. All printed numbers together leave each this much room: take both ends,
-- never their middle. The ends of a mean are fractions of whole numbers.
select
    bounds.fiscal_year,
    bounds.label,
    bounds.bound_low,
    bounds.bound_high,
    bounds.bound_low_exact,
    bounds.bound_high_exact,
    bounds.is_sharp,
    bounds.assumptions,
    count(distinct proofs.constraint_id) as constraints_in_its_proof
from {{ ref('fct_bounds') }} as bounds
inner join {{ ref('fct_bound_certificates') }} as proofs
    on
        bounds.bound_id = proofs.bound_id
        and bounds.fiscal_year = proofs.fiscal_year
        and bounds.population_id = proofs.population_id
where
    bounds.bound_id in (
        'inducements_two_or_more', 'mean_sentence_two_or_more_inducements'
    )
group by
    bounds.fiscal_year,
    bounds.label,
    bounds.bound_low,
    bounds.bound_high,
    bounds.bound_low_exact,
    bounds.bound_high_exact,
    bounds.is_sharp,
    bounds.assumptions
order by bounds.fiscal_year asc, bounds.label desc

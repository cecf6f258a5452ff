-- In whole numbers: what a witness gives, over its denominator, satisfies all
-- constraints, is whole for offenders, and is the bound.
with proposals as (select * from {{ ref('int_bound_proposals') }}),

bounds as (select * from {{ ref('int_bounds') }}),

terms as (select * from {{ ref('int_bound_terms') }}),

witnesses as (
    select * from proposals
    where kind = 'witness'
),

ends as (
    select
        bounds.variable_key,
        bounds.divisor_variable_key,
        ends.system_id,
        ends.end_id,
        ends.numerator,
        ends.denominator,
        min(witnesses.denominator) as scale,
        max(witnesses.denominator) as greatest_scale
    from proposals as ends
    inner join bounds
        on ends.system_id = bounds.system_id and ends.bound_id = bounds.bound_id
    left join witnesses
        on ends.system_id = witnesses.system_id and ends.end_id = witnesses.end_id
    where ends.kind = 'bound' and (bounds.is_sharp or witnesses.end_id is not null)
    group by
        bounds.variable_key,
        bounds.divisor_variable_key,
        ends.system_id,
        ends.end_id,
        ends.numerator,
        ends.denominator
),

wrong as (
    select
        ends.system_id,
        ends.end_id,
        'it does not satisfy ' || terms.constraint_id as reason
    from ends
    inner join terms on ends.system_id = terms.system_id
    left join witnesses
        on
            ends.system_id = witnesses.system_id
            and ends.end_id = witnesses.end_id
            and terms.variable_key = witnesses.item
    group by ends.system_id, ends.end_id, ends.scale, terms.constraint_id
    having
        {{ wide(ten_thousandths('min(terms.low)')) }} * ends.scale
        > sum(
            {{ wide(ten_thousandths('terms.coefficient')) }}
            * coalesce(witnesses.numerator, 0)
        )
        or {{ wide(ten_thousandths('max(terms.high)')) }} * ends.scale
        < sum(
            {{ wide(ten_thousandths('terms.coefficient')) }}
            * coalesce(witnesses.numerator, 0)
        )
        or count(case
            when
                (terms.is_whole and witnesses.numerator % witnesses.denominator <> 0)
                or (not terms.is_signed and witnesses.numerator < 0)
                then 1
        end) > 0
    union all
    select
        ends.system_id,
        ends.end_id,
        'it gives another number' as reason
    from ends
    left join witnesses as given
        on
            ends.system_id = given.system_id
            and ends.end_id = given.end_id
            and ends.variable_key = given.item
    left join witnesses as divisors
        on
            ends.system_id = divisors.system_id
            and ends.end_id = divisors.end_id
            and ends.divisor_variable_key = divisors.item
    where
        coalesce(ends.scale, 0) <= 0
        or ends.scale <> ends.greatest_scale
        or coalesce(given.numerator, 0) * ends.denominator
        <> ends.numerator * case
            when ends.divisor_variable_key is null then ends.scale
            else coalesce(divisors.numerator, 0)
        end
        or (ends.divisor_variable_key is not null and divisors.numerator is null)
)

select
    'fct_bounds, ' || system_id || ', ' || end_id
    || ' the witness is wrong, ' || reason || '; remove .work/bounds.csv' as failure
from wrong

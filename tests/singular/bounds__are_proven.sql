-- In whole numbers: of a case that sign x target is at least p / q; coefficients and
-- limits are in ten-thousandths, multipliers over the case's denominator, its scale.
with proposals as (select * from {{ ref('int_bound_proposals') }}),

bounds as (select * from {{ ref('int_bounds') }}),

multipliers as (
    select * from proposals
    where kind = 'multiplier'
),

cases as (
    select
        cases.system_id,
        cases.end_id,
        cases.case_path,
        cases.sign,
        cases.numerator as p,
        coalesce(cases.denominator, 1) as q,
        bounds.bound_id,
        bounds.variable_key,
        bounds.divisor_variable_key,
        bounds.is_whole,
        bounds.is_signed,
        coalesce(min(multipliers.denominator), 1) as scale,
        count(distinct multipliers.denominator) > 1 as has_scales
    from proposals as cases
    inner join bounds
        on cases.system_id = bounds.system_id and cases.bound_id = bounds.bound_id
    left join multipliers
        on
            cases.system_id = multipliers.system_id
            and cases.end_id = multipliers.end_id
            and cases.case_path = multipliers.case_path
    where cases.kind = 'case'
    group by
        cases.system_id,
        cases.end_id,
        cases.case_path,
        cases.sign,
        cases.numerator,
        cases.denominator,
        bounds.bound_id,
        bounds.variable_key,
        bounds.divisor_variable_key,
        bounds.is_whole,
        bounds.is_signed
),

-- A split holds in the cases whose path goes its way.
products as (
    select
        cases.system_id,
        cases.end_id,
        cases.case_path,
        terms.constraint_id,
        terms.variable_key,
        coalesce(terms.is_signed, false) as is_signed,
        cases.q * multipliers.numerator
        * {{ wide(ten_thousandths('terms.coefficient')) }} as product,
        cases.q * multipliers.numerator * {{ wide(ten_thousandths(
            'case when multipliers.numerator > 0 then terms.low'
            ~ ' else terms.high end'
        )) }} as limit_product
    from cases
    inner join multipliers
        on
            cases.system_id = multipliers.system_id
            and cases.end_id = multipliers.end_id
            and cases.case_path = multipliers.case_path
            and multipliers.numerator <> 0
    left join {{ ref('int_bound_constraints') }} as terms
        on
            multipliers.system_id = terms.system_id
            and multipliers.item = terms.constraint_id
            and (
                terms.bound_id is null
                or (
                    cases.bound_id = terms.bound_id
                    and substring(
                        'split:' || cases.end_id || cases.case_path,
                        1, length(multipliers.item)
                    ) = multipliers.item
                )
            )
),

-- What the target leaves of each variable above the sum of the terms: of what can be
-- negative, nothing.
remainders as (
    select
        system_id,
        end_id,
        case_path,
        coalesce(variable_key, 'an unknown constraint') as variable_key,
        is_signed,
        coalesce({{ signed('-product') }}, -1) as surplus
    from products
    union all
    select
        system_id,
        end_id,
        case_path,
        variable_key,
        is_signed,
        10000 * scale * q * sign as surplus
    from cases
    where p is not null
    union all
    select
        system_id,
        end_id,
        case_path,
        divisor_variable_key as variable_key,
        false as is_signed,
        -10000 * scale * p as surplus
    from cases
    where p is not null and divisor_variable_key is not null
),

-- The limits of a constraint stand beside each of its terms.
sums as (
    select
        limits.system_id,
        limits.end_id,
        limits.case_path,
        sum(limits.limit_product) as total,
        count(limits.limit_product) < count(*) as lacks_limit
    from (
        select distinct
            system_id,
            end_id,
            case_path,
            constraint_id,
            limit_product
        from products
    ) as limits
    group by limits.system_id, limits.end_id, limits.case_path
),

wrong as (
    select
        system_id,
        end_id,
        case_path,
        'its constraints add up to more of ' || variable_key as reason
    from remainders
    group by system_id, end_id, case_path, variable_key
    having sum(surplus) < 0 or (bool_or(is_signed) and sum(surplus) <> 0)
    union all
    select
        cases.system_id,
        cases.end_id,
        cases.case_path,
        'its limits add up to less' as reason
    from cases
    left join sums
        on
            cases.system_id = sums.system_id
            and cases.end_id = sums.end_id
            and cases.case_path = sums.case_path
    where
        cases.scale <= 0
        or cases.q <= 0
        or cases.has_scales
        or coalesce(sums.lacks_limit, false)
        or case
            when cases.p is null then coalesce(sums.total, 0) <= 0
            when cases.divisor_variable_key is not null then coalesce(sums.total, 0) < 0
            else coalesce(sums.total, 0) < 10000 * cases.p * cases.scale
        end
    union all
    -- A count is whole: what is above 37 is at least 38.
    select
        ends.system_id,
        ends.end_id,
        cases.case_path,
        'it allows more' as reason
    from proposals as ends
    left join cases on ends.system_id = cases.system_id and ends.end_id = cases.end_id
    where
        ends.kind = 'bound'
        and (
            cases.end_id is null
            or case
                when cases.is_whole
                    then
                        ends.denominator <> 1
                        or cases.p <= (ends.sign * ends.numerator - 1) * cases.q
                else
                    ends.denominator <= 0
                    or cases.p * ends.denominator < ends.sign * ends.numerator * cases.q
            end
        )
    union all
    -- Cases are all there are if none is part of another and their shares of what is
    -- possible, halved at each split, add up to all of it.
    select
        cases.system_id,
        cases.end_id,
        min(cases.case_path) as case_path,
        'the cases are not all there are' as reason
    from cases
    left join cases as siblings
        on
            cases.system_id = siblings.system_id
            and cases.end_id = siblings.end_id
            and cases.case_path <> siblings.case_path
            and substring(cases.case_path, 1, length(siblings.case_path))
            = siblings.case_path
    group by cases.system_id, cases.end_id
    having
        count(siblings.case_path) > 0
        or sum(power(2, 50 - length(cases.case_path))) <> power(2, 50)
)

select
    'fct_bounds, ' || system_id || ', ' || end_id || coalesce(case_path, '')
    || ': is not proven, ' || reason || '; remove .work/bounds.csv' as failure
from wrong

-- Numbers that are not printed: counts behind percentages, and what an equation leaves
-- for the one number in it that is not printed; within what all numbers together imply.
with quantities as {{ not_materialized() }} (select * from {{ ref('int_quantities') }}),

relation_terms as {{ not_materialized() }} (
    select * from {{ ref('int_relation_terms') }}
),

behind_percentages as (
    select
        quantities.quantity_key,
        quantities.observation_key as derived_from,
        case when quantities.value_low = quantities.value_high
                then quantities.value_low
        end as obs_value,
        quantities.value_low,
        quantities.value_high,
        'count behind a percentage: ' || quantities.printed_value || ' percent of '
        || {{ interval_in_words('bases.value_low', 'bases.value_high') }} as derivation
    from quantities
    inner join quantities as percentages
        on quantities.observation_key = percentages.quantity_key
    inner join quantities as bases on percentages.base_key = bases.quantity_key
    where quantities.origin = 'percentage'
),

-- Few relations have numbers that are not printed; an equation has one.
unknowns as (
    select relation_terms.relation_id
    from relation_terms
    inner join quantities
        on
            relation_terms.quantity_key = quantities.quantity_key
            and quantities.origin = 'unknown'
    where relation_terms.low = relation_terms.high
    group by relation_terms.relation_id
    having count(*) = 1
),

equations as (
    select relation_terms.relation_id
    from unknowns
    inner join relation_terms on unknowns.relation_id = relation_terms.relation_id
    left join quantities on relation_terms.quantity_key = quantities.quantity_key
    group by relation_terms.relation_id
    having count(quantities.value_low) = count(*)
),

terms as (
    select
        quantities.*,
        relation_terms.relation_id,
        relation_terms.low,
        relation_terms.coefficient,
        {{ wide(ten_thousandths('relation_terms.coefficient')) }} as factor,
        {{ wide(ten_thousandths('quantities.value_low')) }} as units_low,
        {{ wide(ten_thousandths('quantities.value_high')) }} as units_high
    from equations
    inner join relation_terms on equations.relation_id = relation_terms.relation_id
    inner join quantities on relation_terms.quantity_key = quantities.quantity_key
),

worded as (
    select
        terms.*,
        case when origin <> 'unknown' then
                case when factor > 0 then ' - ' else ' + ' end
                || case
                    when abs(factor) = 10000 then ''
                    else {{ number_in_words('abs(coefficient)') }} || ' x '
                end || printed_value
        end as in_words
    from terms
),

-- The one that is not printed is a part, so its factor is positive.
solved as (
    select
        max(case when origin = 'unknown' then quantity_key end) as quantity_key,
        max(case when origin = 'unknown' then statistic end) as statistic,
        max(case when origin = 'unknown' then category_role end) as category_role,
        max(case when origin = 'unknown' then factor end) as divisor,
        max(case when origin = 'unknown' then coefficient end) as divided_by,
        min(case when category_role <> 'total' then observation_key end)
            as derived_from,
        {{ hundred_millionths('min(low)') }}
        - sum({{ product('factor', 'units_high', 'units_low') }})
        filter (where origin <> 'unknown') as left_from,
        {{ hundred_millionths('min(low)') }}
        - sum({{ product('factor', 'units_low', 'units_high') }})
        filter (where origin <> 'unknown') as left_to,
        {{ joined(
            'in_words', '', 'case when factor < 0 then 0 else 1 end, sort_order, observation_id'
        ) }} as difference
    from worded
    group by relation_id
),

left_over as (
    select
        quantity_key,
        derived_from,
        case
            when left_from = left_to or statistic = 'mean' then
                {{ of_ten_thousandths(whole_division(
                    '(left_from + left_to)', '2 * divisor', 'nearest'
                )) }}
        end as obs_value,
        {{ of_ten_thousandths(whole_division('left_from', 'divisor', 'down')) }}
            as value_low,
        {{ of_ten_thousandths(whole_division('left_to', 'divisor', 'up')) }}
            as value_high,
        case
            when statistic = 'mean' and category_role = 'any'
                then 'mean of all less those in none: '
            when category_role = 'any' then 'all less those in none: '
            when category_role = 'residual'
                then 'all less those in a stated category: '
            else 'the whole less its other parts: '
        end
        || case when divisor = 10000 then '' else '(' end
        || substring(difference, 4)
        || case
            when divisor = 10000 then ''
            else ') / ' || {{ number_in_words('divided_by') }}
        end as derivation
    from solved
    where statistic in ('count', 'mean') and divisor > 0
),

derivations as (
    select * from behind_percentages
    union all
    select * from left_over
),

-- A count can be bounded in the system of its population and in that of the whole.
bounds as (
    select
        bound_id,
        max(bound_low) as bound_low,
        min(bound_high) as bound_high
    from {{ ref('int_bounds') }}
    group by bound_id
)

select
    observations.report_id || '.derived.' || quantities.fiscal_year || '.'
    || quantities.population_id || '.' || quantities.category_key || '.'
    || quantities.measure_id as observation_id,
    observations.report_id,
    observations.exhibit_id,
    quantities.series_key,
    quantities.fiscal_year,
    quantities.population_id,
    quantities.category_key,
    quantities.classification_id,
    quantities.category_id,
    quantities.measure_id,
    case
        when bounds.bound_low = bounds.bound_high then bounds.bound_low
        else derivations.obs_value
    end as obs_value,
    coalesce(bounds.bound_low, derivations.value_low) as value_low,
    coalesce(bounds.bound_high, derivations.value_high) as value_high,
    derivations.derivation
    || case
        when
            bounds.bound_low > derivations.value_low
            or bounds.bound_high < derivations.value_high
            then ', as far as all printed numbers together allow (fct_bounds)'
        else ''
    end as derivation
from derivations
inner join quantities on derivations.quantity_key = quantities.quantity_key
left join bounds
    on
        quantities.series_key = bounds.bound_id
        and derivations.value_low <= bounds.bound_low
        and derivations.value_high >= bounds.bound_high
inner join {{ ref('int_observations') }} as observations
    on derivations.derived_from = observations.observation_key

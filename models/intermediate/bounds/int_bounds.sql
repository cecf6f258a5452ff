-- The bounds proposed, with the printed numbers and the assumptions that their
-- certificates use. Tests prove each.
with proposals as (select * from {{ ref('int_bound_proposals') }}),

ends as (
    select
        system_id,
        bound_id,
        max(case when side = 'low' then numerator end) as low_numerator,
        max(case when side = 'low' then denominator end) as low_denominator,
        max(case when side = 'high' then numerator end) as high_numerator,
        max(case when side = 'high' then denominator end) as high_denominator
    from proposals
    where kind = 'bound'
    group by system_id, bound_id
),

attained as (
    select
        system_id,
        bound_id
    from proposals
    where kind = 'witness'
    group by system_id, bound_id
    having count(distinct side) = 2
),

used as (
    select
        proposals.system_id,
        proposals.bound_id,
        proposals.side,
        terms.assumption_id,
        terms.observation_id,
        observations.row_label || ' ' || observations.printed_value as in_words
    from proposals
    inner join {{ ref('int_bound_terms') }} as terms
        on
            proposals.system_id = terms.system_id
            and proposals.item = terms.constraint_id
            and proposals.numerator <> 0
    left join {{ ref('int_observations') }} as observations
        on terms.observation_id = observations.observation_id
    where proposals.kind = 'multiplier'
),

reasons as (
    select
        system_id,
        bound_id,
        {{ joined('distinct assumption_id', ' ', 'assumption_id') }} as assumptions,
        {{ joined('distinct observation_id', ' ', 'observation_id') }}
            as observation_ids,
        {{ joined('distinct in_words', ', ', 'in_words') }}
        filter (where side = 'low') as low_in_words,
        {{ joined('distinct in_words', ', ', 'in_words') }}
        filter (where side = 'high') as high_in_words
    from used
    group by system_id, bound_id
),

bounds as (
    select
        targets.system_id,
        cast(split_part(targets.system_id, '/', 1) as integer) as fiscal_year,
        split_part(targets.system_id, '/', 2) as population_id,
        targets.bound_id,
        targets.label,
        targets.variable_key,
        targets.divisor_variable_key,
        targets.is_whole,
        targets.is_signed,
        {{ fraction_in_words('ends.low_numerator', 'ends.low_denominator') }}
            as bound_low_exact,
        {{ fraction_in_words('ends.high_numerator', 'ends.high_denominator') }}
            as bound_high_exact,
        {{ exact_quotient('ends.low_numerator', 'ends.low_denominator', 'down') }}
            as bound_low,
        {{ exact_quotient('ends.high_numerator', 'ends.high_denominator', 'up') }}
            as bound_high,
        attained.bound_id is not null and not targets.is_relaxed as is_sharp,
        targets.is_relaxed,
        reasons.assumptions,
        reasons.observation_ids,
        reasons.low_in_words,
        reasons.high_in_words
    from {{ ref('int_bound_targets') }} as targets
    inner join ends
        on
            targets.system_id = ends.system_id
            and targets.bound_id = ends.bound_id
    left join attained
        on
            targets.system_id = attained.system_id
            and targets.bound_id = attained.bound_id
    left join reasons
        on
            targets.system_id = reasons.system_id
            and targets.bound_id = reasons.bound_id
)

select * from bounds

with by_rule as (
    select
        exhibit_id,
        rule_id,
        count(*) as check_count
    from {{ ref('fct_consistency_checks') }}
    where verdict <> 'not_checkable'
    group by exhibit_id, rule_id
),

made as (
    select
        exhibit_id,
        sum(check_count) as check_count,
        {{ joined("rule_id || ' ' || check_count", ', ', 'rule_id') }} as rules
    from by_rule
    group by exhibit_id
)

select
    exhibits.exhibit_id || ': expected ' || exhibits.check_count
    || ' checks, as exhibits.csv says, made are ' || coalesce(made.check_count, 0)
    || ' (' || coalesce(made.rules, 'none')
    || '); if none is missing, correct check_count' as failure
from {{ ref('exhibits') }} as exhibits
left join made on exhibits.exhibit_id = made.exhibit_id
where exhibits.check_count <> coalesce(made.check_count, 0)

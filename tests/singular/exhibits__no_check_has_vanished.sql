with made as (
    select
        exhibit_id,
        count(case when verdict <> 'not_checkable' then 1 end) as check_count
    from {{ ref('fct_consistency_checks') }}
    group by exhibit_id
)

select
    exhibits.exhibit_id || ': expected ' || exhibits.check_count
    || ' checks, as exhibits.csv says, made are ' || coalesce(made.check_count, 0)
    || '; if none is missing among fct_consistency_checks, correct check_count'
        as failure
from {{ ref('exhibits') }} as exhibits
left join made on exhibits.exhibit_id = made.exhibit_id
where exhibits.check_count <> coalesce(made.check_count, 0)

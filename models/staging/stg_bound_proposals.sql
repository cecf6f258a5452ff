with proposals as (select * from {{ source('raw', 'bound_proposals') }}),

staged as (
    select
        system_id,
        system_hash,
        bound_id,
        side,
        case side when 'low' then 1 else -1 end as sign,
        bound_id || ':' || side || ':' as end_id,
        coalesce(case_path, '') as case_path,
        kind,
        item,
        {{ wide('numerator') }} as numerator,
        {{ wide('denominator') }} as denominator
    from proposals
)

select * from staged

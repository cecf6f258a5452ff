-- The constraints of each system; and of the splits in its certificates: a whole number
-- is at most a limit, where the path goes on with 0, or at least the next.
with ways as (
    select '0' as way
    union all
    select '1' as way
)

select
    system_id,
    constraint_id,
    variable_key,
    is_whole,
    is_signed,
    coefficient,
    low,
    high,
    assumption_id,
    observation_id,
    cast(null as {{ dbt.type_string() }}) as bound_id
from {{ ref('int_bound_terms') }}
union all
select
    splits.system_id,
    'split:' || splits.end_id || splits.case_path || ways.way as constraint_id,
    splits.item as variable_key,
    true as is_whole,
    false as is_signed,
    cast(1 as decimal(18, 4)) as coefficient,
    cast(case when ways.way = '1' then splits.numerator + 1 end as decimal(28, 8))
        as low,
    cast(case when ways.way = '0' then splits.numerator end as decimal(28, 8)) as high,
    cast(null as {{ dbt.type_string() }}) as assumption_id,
    cast(null as {{ dbt.type_string() }}) as observation_id,
    splits.bound_id
from {{ ref('int_bound_proposals') }} as splits
cross join ways
where splits.kind = 'split'

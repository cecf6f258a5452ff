with observed as (
    select
        exhibit_id,
        row_number,
        1 as number_count
    from {{ ref('int_observations__published') }}
    union all
    select
        exhibit_id,
        row_number,
        0 as number_count
    from {{ ref('int_comparisons') }}
),

counted as (
    select
        exhibit_id,
        count(distinct row_number) as row_count,
        max(row_number) as last_row,
        sum(number_count) as number_count
    from observed
    group by exhibit_id
)

select
    exhibits.exhibit_id
    || ': '
    || coalesce(counted.row_count, 0)
    || ' rows (the last is '
    || coalesce(counted.last_row, 0) || ') with '
    || coalesce(counted.number_count, 0) || ' numbers are keyed, expected '
    || exhibits.printed_row_count || ' rows with ' || exhibits.printed_number_count
    || ' numbers' as failure
from {{ ref('exhibits') }} as exhibits
left join counted on exhibits.exhibit_id = counted.exhibit_id
where
    counted.row_count is null
    or counted.row_count <> exhibits.printed_row_count
    or counted.last_row <> exhibits.printed_row_count
    or counted.number_count <> exhibits.printed_number_count

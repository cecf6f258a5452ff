-- Number words have no decimals to compare.
with digits as (
    select
        observations.exhibit_id,
        observations.column_name,
        observations.measure_id,
        observations.printed_value,
        observations.decimals
    from {{ ref('int_observations__published') }} as observations
    where {{ is_printed_number('observations.printed_value') }}
)

select
    exhibit_id || ', column ' || column_name || ', ' || measure_id
    || ': expected one number of decimals, printed are '
    || string_agg(printed_value, ', ' order by printed_value) as failure
from digits
group by exhibit_id, column_name, measure_id
having count(distinct decimals) > 1

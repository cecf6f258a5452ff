-- Number words have no decimals to compare.
select
    exhibit_id || ', column ' || column_name || ', ' || measure_id
    || ': expected one number of decimals, printed are '
    || {{ joined('printed_value', ', ', 'printed_value') }} as failure
from {{ ref('stg_cells') }}
where {{ is_printed_number('printed_value') }}
group by exhibit_id, column_name, measure_id
having count(distinct decimals) > 1

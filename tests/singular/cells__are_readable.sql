select
    exhibit_id || ', row ' || row_number || ' (' || row_label || '), column '
    || column_name || ': "' || printed_value
    || '" is not a number as printed, expected such as 56.6, 1,234, two or life'
        as failure
from {{ source('raw', 'cells') }}
where not {{ is_readable('printed_value') }}

select
    {{ place('exhibit_id', 'row_number', 'row_label', 'column_name') }}
    || ': "' || printed_value
    || '" is not a number as printed, expected such as 56.6, 1,234, two or life'
        as failure
from {{ source('raw', 'cells') }}
where not {{ is_readable('printed_value') }}

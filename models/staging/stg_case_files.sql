select
    cast(fiscal_year as integer) as fiscal_year,
    file_name,
    form,
    sha256,
    cast(case_count as bigint) as case_count
from {{ source('raw', 'case_files') }}

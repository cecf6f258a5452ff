select
    fiscal_year,
    file_name,
    form,
    sha256,
    case_count
from {{ ref('int_case_files') }}

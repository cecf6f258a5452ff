select
    report_id,
    title,
    publisher,
    publication_date,
    publication_date_precision,
    license,
    landing_url,
    source_sha256
from {{ ref('reports') }}
order by publication_date, report_id

with reports as (select * from {{ ref('reports') }})

select
    report_id,
    title,
    publisher,
    publication_date,
    publication_date_precision,
    license,
    landing_url,
    source_sha256
from reports
order by publication_date, report_id

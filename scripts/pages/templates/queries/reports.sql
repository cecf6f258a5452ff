select
    report_id,
    title,
    publisher,
    publication_date,
    publication_date_precision,
    landing_url
from marts.dim_reports
order by publication_date, report_id

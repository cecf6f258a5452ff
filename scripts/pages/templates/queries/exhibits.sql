select
    exhibits.exhibit_id,
    exhibits.report_id,
    exhibits.exhibit_type,
    exhibits.exhibit_number,
    exhibits.title as exhibit_title,
    exhibits.keyed_from
from marts.dim_exhibits as exhibits
inner join marts.dim_reports as reports on exhibits.report_id = reports.report_id
order by reports.publication_date, exhibits.report_id, exhibits.sort_order

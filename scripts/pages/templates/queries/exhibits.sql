select
    exhibit_id, report_id, population_id, keyed_from,
    coalesce(
        upper(exhibit_type[1]) || exhibit_type[2:] || ' ' || exhibit_number, exhibits.title
    ) as name,
    if(exhibit_number is null, name, name || '. ' || exhibits.title) as heading
from marts.dim_exhibits as exhibits
inner join marts.dim_reports as reports using (report_id)
order by publication_date, report_id, sort_order

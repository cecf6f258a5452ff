select checks.*
from marts.fct_consistency_checks as checks
inner join marts.dim_exhibits as exhibits on checks.exhibit_id = exhibits.exhibit_id
order by exhibits.report_id, exhibits.sort_order, checks.check_id

select
    report_id, title, publisher, landing_url,
    case publication_date_precision
        when 'year' then strftime(publication_date, '%Y')
        when 'month' then strftime(publication_date, '%B %Y')
        else strftime(publication_date, '%B %-d, %Y')
    end as date
from marts.dim_reports
order by publication_date, report_id

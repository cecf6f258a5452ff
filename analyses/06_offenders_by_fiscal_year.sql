-- By how much did the number of production offenders grow from 2005 to 2019?
-- The table has the fiscal years that the report states a number for: the years between
-- are missing, not zero. The change is computed from the two counts; the printed change
-- beside it is rounded to a whole percentage. Fiscal years begin in October.
select
    fiscal_year,
    offender_count,
    first_fiscal_year,
    percent_change_from_first_year,
    published_percent_change
from {{ ref('fct_offenders_by_fiscal_year') }}
order by fiscal_year

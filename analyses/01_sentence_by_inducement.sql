-- By how many months does the mean sentence with each inducement exceed that with none?
-- Inducements overlap: an offender can be in several rows other than none, so neither
-- the counts nor the means are added up or averaged over rows. Both means of a
-- difference are rounded to whole months, which leaves it open by one month either way.
select
    fiscal_year,
    inducement_label,
    offender_count,
    mean_sentence_months,
    months_above_no_inducement
from {{ ref('fct_sentence_by_inducement') }}
order by fiscal_year, sort_order

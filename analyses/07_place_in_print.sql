-- Where in the report does each sentencing outcome stand?
-- Units differ from row to row: do not add rows up. A number that is printed more than
-- once is cited where it is preferred: in a table before a figure before the text.
select
    outcomes.fiscal_year,
    outcomes.label,
    outcomes.printed_value,
    outcomes.unit,
    exhibits.title as exhibit_title,
    observations.locator,
    observations.footnote
from {{ ref('fct_sentencing_outcomes') }} as outcomes
inner join {{ ref('fct_observations') }} as observations
    on outcomes.observation_id = observations.observation_id
inner join {{ ref('dim_exhibits') }} as exhibits
    on observations.exhibit_id = exhibits.exhibit_id
order by outcomes.fiscal_year, outcomes.label

-- Which words does the report use for its figures, and what are the figures?
-- An approximation rounds the figure, a bound states one side of it, and a comparison
-- is with another number. Cite the figure rather than the words. Comparisons that state
-- no figure are in fct_stated_comparisons.
with observations as (
    select * from {{ ref('fct_observations') }}
    where wording is not null
),

exhibits as (select * from {{ ref('dim_exhibits') }}),

measures as (select * from {{ ref('dim_measures') }}),

worded_figures as (
    select
        exhibits.sort_order,
        observations.row_number,
        observations.row_label,
        observations.wording,
        observations.wording_category,
        observations.printed_value,
        measures.unit,
        observations.locator
    from observations
    inner join exhibits on observations.exhibit_id = exhibits.exhibit_id
    inner join measures on observations.measure_id = measures.measure_id
)

select
    row_label,
    wording,
    wording_category,
    printed_value,
    unit,
    locator
from worded_figures
order by sort_order, row_number

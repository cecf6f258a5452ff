-- Which words does the report use for its figures, and what are the figures?
-- An approximation rounds the figure, a bound states one side of it, and a comparison
-- is with another number. Words that rank a list are left out. Cite the figure rather
-- than the words. Comparisons that state no figure are in fct_stated_comparisons.
select
    observations.row_label,
    observations.wording,
    observations.wording_category,
    observations.printed_value,
    measures.unit,
    observations.locator
from {{ ref('fct_observations') }} as observations
inner join {{ ref('dim_exhibits') }} as exhibits
    on observations.exhibit_id = exhibits.exhibit_id
inner join {{ ref('dim_measures') }} as measures
    on observations.measure_id = measures.measure_id
where observations.wording_category <> 'ranking'
order by exhibits.sort_order, observations.row_number

select
    shares.report_id, population_id, population_label, fiscal_year, shares.classification_id,
    classification_label, shares.category_key, category_label, list_kind, adds_up, percent_base,
    population_offender_count, count_observation_id, percent_observation_id, mean_observation_id,
    percent_of_category_observation_id,
    categories.category_role,
    wholes.label as whole_label,
    wholes.category_role = 'total' as is_of_population,
    classifications.description
from marts.fct_category_shares as shares
inner join marts.dim_categories as categories on shares.category_key = categories.category_key
inner join marts.dim_categories as wholes on shares.whole_category_key = wholes.category_key
inner join marts.dim_classifications as classifications
    on shares.classification_id = classifications.classification_id
order by shares.report_id, population_id, fiscal_year, shares.classification_id, shares.sort_order

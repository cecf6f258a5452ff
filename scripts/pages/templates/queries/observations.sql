select
    observations.observation_id,
    observations.exhibit_id,
    observations.fiscal_year,
    observations.population_id,
    observations.category_key,
    observations.classification_id,
    observations.measure_id,
    observations.reference_fiscal_year,
    observations.reference_category_id,
    observations.printed_value,
    observations.obs_value,
    observations.decimals,
    observations.value_low,
    observations.value_high,
    observations.obs_status,
    observations.derivation,
    observations.is_preferred,
    observations.row_number,
    observations.column_name,
    observations.locator,
    observations.footnote,
    categories.label as category_label,
    measures.label as measure_label,
    populations.label as population_label
from marts.fct_observations as observations
inner join marts.dim_exhibits as exhibits
    on observations.exhibit_id = exhibits.exhibit_id
inner join marts.dim_reports as reports
    on observations.report_id = reports.report_id
inner join marts.dim_categories as categories
    on observations.category_key = categories.category_key
inner join marts.dim_measures as measures
    on observations.measure_id = measures.measure_id
inner join marts.dim_populations as populations
    on observations.population_id = populations.population_id
order by
    observations.obs_status desc,
    reports.publication_date,
    observations.report_id,
    exhibits.sort_order,
    observations.row_number,
    observations.column_name,
    observations.observation_id

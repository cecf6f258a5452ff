select
    observation_id, observations.report_id, exhibit_id, fiscal_year, observations.population_id,
    measure_id, reference_fiscal_year, reference_category_id, series_key, printed_value, obs_value,
    percent_base, value_low, value_high, obs_status, derivation, row_number, column_name, heading, paragraph,
    locator, footnote,
    categories.label as category_label,
    categories.category_role,
    comparisons.label as reference_label,
    classifications.label as classification_label,
    measures.label as measure_label,
    measures.unit,
    measures.statistic,
    populations.label as population_label
from marts.fct_observations as observations
inner join marts.dim_exhibits as exhibits using (exhibit_id)
inner join marts.dim_reports as reports on exhibits.report_id = reports.report_id
inner join marts.dim_categories as categories using (category_key)
left join marts.dim_categories as comparisons
    on
        observations.classification_id = comparisons.classification_id
        and observations.reference_category_id = comparisons.category_id
inner join marts.dim_classifications as classifications
    on observations.classification_id = classifications.classification_id
inner join marts.dim_measures as measures using (measure_id)
inner join marts.dim_populations as populations
    on observations.population_id = populations.population_id
order by
    obs_status desc, publication_date, reports.report_id, exhibits.sort_order, row_number,
    column_name, observation_id

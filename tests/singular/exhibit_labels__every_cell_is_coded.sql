select
    exhibit_id || ', row ' || row_number || ' (' || row_label || '), column '
    || column_name || ': expected the labels in exhibit_labels to give a population, '
    || 'a classification, a category and a measure; there is no '
    || case when population_id is null then 'population ' else '' end
    || case when classification_id is null then 'classification ' else '' end
    || case when category_id is null then 'category ' else '' end
    || case when measure_id is null then 'measure' else '' end as failure
from {{ ref('int_observations__published') }}
where
    population_id is null
    or classification_id is null
    or category_id is null
    or measure_id is null

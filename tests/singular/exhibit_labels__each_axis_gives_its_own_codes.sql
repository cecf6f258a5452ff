select
    rows_of.exhibit_id || ': row label "' || rows_of.printed_label
    || '" and column label "' || columns_of.printed_label
    || '" both give a code for the same dimension' as failure
from {{ ref('exhibit_labels') }} as rows_of
inner join {{ ref('exhibit_labels') }} as columns_of
    on rows_of.exhibit_id = columns_of.exhibit_id
inner join {{ ref('int_observations__published') }} as observations
    on
        rows_of.exhibit_id = observations.exhibit_id
        and rows_of.printed_label = observations.row_label
        and columns_of.printed_label = observations.column_name
where
    rows_of.axis = 'row'
    and columns_of.axis = 'column'
    and (
        rows_of.population_id || columns_of.population_id is not null
        or rows_of.classification_id || columns_of.classification_id is not null
        or rows_of.category_id || columns_of.category_id is not null
        or rows_of.measure_id || columns_of.measure_id is not null
    )

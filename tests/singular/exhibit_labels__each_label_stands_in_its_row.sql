select
    observations.exhibit_id || ', row ' || observations.row_number
    || ': expected the label "' || observations.row_label || '" in row '
    || labels.row_number || ', where it stands in the print' as failure
from {{ ref('int_observations__published') }} as observations
inner join {{ ref('exhibit_labels') }} as labels
    on
        observations.exhibit_id = labels.exhibit_id
        and observations.row_label = labels.printed_label
        and labels.axis = 'row'
where coalesce(labels.row_number, 0) <> observations.row_number

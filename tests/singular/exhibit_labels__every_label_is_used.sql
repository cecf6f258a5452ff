select
    labels.exhibit_id || ': the ' || labels.axis || ' label "' || labels.printed_label
    || '" is in exhibit_labels but not in the exhibit' as failure
from {{ ref('exhibit_labels') }} as labels
where not exists (
        select 1
        from {{ ref('int_observations__published') }} as observations
        where
            labels.exhibit_id = observations.exhibit_id
            and (
                (labels.axis = 'row' and labels.printed_label = observations.row_label)
                or (
                    labels.axis = 'column'
                    and labels.printed_label = observations.column_name
                )
            )
    )

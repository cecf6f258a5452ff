with worded_rows as (
    select
        observations.exhibit_id,
        observations.row_number,
        observations.row_label,
        observations.wording,
        sum(case when observations.measure_id = wordings.measure_id then 1 else 0 end)
            as figure_count
    from {{ ref('int_observations__published') }} as observations
    left join {{ ref('wordings') }} as wordings
        on observations.wording = wordings.wording
    where observations.wording is not null
    group by
        observations.exhibit_id,
        observations.row_number,
        observations.row_label,
        observations.wording
)

select
    exhibit_id || ', row ' || row_number || ' (' || row_label || '): the wording "'
    || wording || '" glosses ' || figure_count
    || ' numbers of the row, expected one of the measure given in wordings' as failure
from worded_rows
where figure_count <> 1

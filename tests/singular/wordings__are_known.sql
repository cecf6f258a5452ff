with used as ({{ rows_keyed(['wording']) }})

select
    used.exhibit_id || ', row ' || used.row_number || ' (' || used.row_label
    || '): expected the wording "' || used.wording
    || '" in wordings, with its category and meaning' as failure
from used
left join {{ ref('wordings') }} as wordings on used.wording = wordings.wording
where used.wording is not null and wordings.wording is null
union all
select
    cells.exhibit_id || ', row ' || cells.row_number || ' (' || cells.row_label
    || '): the wording "' || cells.wording || '" glosses '
    || count(wordings.measure_id)
    || ' numbers of the row, expected one of the measure given in wordings' as failure
from {{ ref('stg_cells') }} as cells
left join {{ ref('wordings') }} as wordings
    on cells.wording = wordings.wording and cells.measure_id = wordings.measure_id
where cells.wording is not null
group by cells.exhibit_id, cells.row_number, cells.row_label, cells.wording
having count(wordings.measure_id) <> 1

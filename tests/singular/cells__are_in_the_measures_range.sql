select
    cells.observation_id
    || ' ('
    || cells.row_label
    || '): '
    || cells.measure_id
    || ' is '
    || cells.printed_value || ', expected '
    || case
        when measures.is_exact and cells.decimals > 0 then 'a number without decimals'
        when measures.value_to is null then 'at least ' || measures.value_from
        else measures.value_from || ' to ' || measures.value_to
    end as failure
from {{ ref('stg_cells') }} as cells
inner join {{ ref('measures') }} as measures
    on cells.measure_id = measures.measure_id
where
    (measures.is_exact and cells.decimals > 0)
    or cells.obs_value < measures.value_from
    or cells.obs_value > measures.value_to

with units as (
    select
        exhibit_id,
        max(printed_unit) as printed_unit
    from {{ ref('stg_cells') }}
    group by exhibit_id
)

select
    cells.observation_id || ': the printed unit "'
    || coalesce(cells.printed_unit, 'nothing') || '" is not one of the measure '
    || cells.measure_id || '; measure_units has those that are' as failure
from {{ ref('stg_cells') }} as cells
inner join units on cells.exhibit_id = units.exhibit_id
inner join {{ ref('measures') }} as measures
    on cells.measure_id = measures.measure_id
left join {{ ref('measure_units') }} as measure_units
    on
        cells.measure_id = measure_units.measure_id
        and cells.printed_unit = measure_units.printed_unit
-- An exhibit that prints units prints one for every number, but for counts.
where
    measure_units.measure_id is null
    and (
        cells.printed_unit is not null
        or (
            units.printed_unit is not null
            and cells.obs_value is not null
            and measures.statistic <> 'count'
        )
    )

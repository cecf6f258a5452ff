select
    observations.observation_id || ': the printed unit "'
    || coalesce(observations.printed_unit, 'nothing')
    || '" is not one of the measure ' || measures.measure_id || ', expected '
    || measures.printed_units as failure
from {{ ref('int_observations__published') }} as observations
inner join {{ ref('measures') }} as measures
    on observations.measure_id = measures.measure_id
where
    position(
        '|' || observations.printed_unit || '|' in '|' || measures.printed_units || '|'
    ) = 0
    -- An exhibit that prints units prints one for every number.
    or (
        observations.printed_unit is null
        and observations.obs_value is not null
        and observations.exhibit_id in (
            select unit_prints.exhibit_id
            from {{ ref('int_observations__published') }} as unit_prints
            where unit_prints.printed_unit is not null
        )
    )

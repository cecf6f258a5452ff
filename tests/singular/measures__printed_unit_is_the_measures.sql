select
    observations.observation_id || ': the printed unit "' || observations.printed_unit
    || '" is not one of the measure ' || measures.measure_id || ', expected '
    || measures.printed_units as failure
from {{ ref('int_observations__published') }} as observations
inner join {{ ref('measures') }} as measures
    on observations.measure_id = measures.measure_id
where
    position(
        '|' || observations.printed_unit || '|' in '|' || measures.printed_units || '|'
    ) = 0

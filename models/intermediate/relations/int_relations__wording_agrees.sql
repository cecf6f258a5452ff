-- The number as printed lies in the interval that the words beside it mean.
select {{ relation_term(
    id='observations.observation_id', observation='observations.observation_key',
    low='wordings.value_low', high='wordings.value_high',
    bounds="case when wordings.includes_low then '[' else '(' end"
    ~ " || case when wordings.includes_high then ']' else ')' end",
    is_subject='true',
    subject="observations.row_label || ', \"' || wordings.wording || '\"'",
    note='wordings.meaning'
) }}
from {{ ref('int_observations') }} as observations
inner join {{ ref('wordings') }} as wordings
    on
        observations.wording = wordings.wording
        and observations.measure_id = wordings.measure_id
where
    wordings.wording_category <> 'ranking'
    and (wordings.value_low is not null or wordings.value_high is not null)

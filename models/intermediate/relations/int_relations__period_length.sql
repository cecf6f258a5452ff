-- The length of a period counts its first and its last fiscal year.
select {{ relation_term(
    id='observations.observation_id', observation='observations.observation_key',
    low='observations.fiscal_year - observations.reference_fiscal_year + 1',
    high='observations.fiscal_year - observations.reference_fiscal_year + 1',
    is_subject='true'
) }}
from {{ ref('int_observations') }} as observations
inner join {{ ref('measures') }} as measures
    on observations.measure_id = measures.measure_id
where measures.statistic = 'period' and observations.reference_fiscal_year is not null

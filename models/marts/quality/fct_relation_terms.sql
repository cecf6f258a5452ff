with quantities as {{ not_materialized() }} (select * from {{ ref('int_quantities') }})

select
    relation_terms.relation_id,
    coalesce(
        quantities.observation_id, observations.observation_id, quantities.series_key
    ) as number_id,
    coalesce(quantities.series_key, observations.series_key) as series_key,
    coalesce(quantities.observation_id, observations.observation_id) as observation_id,
    relation_terms.quantity_key is null as is_as_printed,
    relation_terms.coefficient,
    coefficients.series_key as coefficient_series_key,
    relation_terms.is_subject
from {{ ref('int_relation_terms') }} as relation_terms
left join quantities on relation_terms.quantity_key = quantities.quantity_key
left join {{ ref('int_observations') }} as observations
    on relation_terms.observation_key = observations.observation_key
left join quantities as coefficients
    on relation_terms.coefficient_key = coefficients.quantity_key

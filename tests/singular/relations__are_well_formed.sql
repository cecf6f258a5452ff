select
    relation_id || ': expected one relation with this id, but its terms give it '
    || 'different limits or subjects, or name one number twice' as failure
from {{ ref('int_relation_terms') }}
group by relation_id
having
    count(distinct coalesce(cast(low as text), '') || bounds
        || coalesce(cast(high as text), '') || coalesce(subject, '')) > 1
    or count(distinct coalesce(quantity_key, observation_key)) <> count(*)
union all
select
    relation_terms.relation_id || ': expected a coefficient, a known number and one '
    || 'subject at least in its terms' as failure
from {{ ref('int_relation_terms') }} as relation_terms
left join {{ ref('int_quantities') }} as quantities
    on relation_terms.quantity_key = quantities.quantity_key
left join {{ ref('int_observations') }} as observations
    on relation_terms.observation_key = observations.observation_key
group by relation_terms.relation_id
having
    count(relation_terms.coefficient) < count(*)
    or count(coalesce(quantities.quantity_key, observations.observation_key)) < count(*)
    or count(case when relation_terms.is_subject then 1 end) = 0

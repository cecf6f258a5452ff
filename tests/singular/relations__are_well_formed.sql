select
    relation_id || ': expected one relation with this id, with a coefficient in each term '
    || 'and one subject at least, but its terms give it different limits or subjects, '
    || 'or lack one' as failure
from {{ ref('int_relation_terms') }}
group by relation_id
having
    min(low) <> max(low)
    or min(high) <> max(high)
    or min(bounds) <> max(bounds)
    or min(subject) <> max(subject)
    or count(low) not in (0, count(*))
    or count(high) not in (0, count(*))
    or count(coefficient) < count(*)
    or count(case when is_subject then 1 end) = 0
    -- Without a text of its own, a check is about one number.
    or (count(case when is_subject then 1 end) > 1 and count(subject) = 0)
union all
select
    relation_terms.relation_id || ': expected known numbers in its terms' as failure
from {{ ref('int_relation_terms') }} as relation_terms
left join {{ ref('int_quantities') }} as quantities
    on relation_terms.quantity_key = quantities.quantity_key
left join {{ ref('int_observations') }} as observations
    on relation_terms.observation_key = observations.observation_key
where quantities.quantity_key is null and observations.observation_key is null

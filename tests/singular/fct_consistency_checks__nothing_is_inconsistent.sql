select
    checks.exhibit_id || ', ' || coalesce(observations.locator, '') || ', '
    || checks.subject || ': printed is ' || coalesce(checks.printed_value, 'nothing')
    || ', expected ' || coalesce(cast(checks.expected_low as text), 'anything')
    || ' to ' || coalesce(cast(checks.expected_high as text), 'anything') || ' ('
    || rules.label || ': ' || checks.explanation || '; check_id ' || checks.check_id
    || ')' as failure
from {{ ref('fct_consistency_checks') }} as checks
left join {{ ref('dim_rules') }} as rules on checks.rule_id = rules.rule_id
left join {{ ref('fct_observations') }} as observations
    on checks.observation_id = observations.observation_id
where checks.verdict = 'inconsistent'

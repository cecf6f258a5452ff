select
    checks.exhibit_id || ', '
    || case
        when observations.exhibit_id = checks.exhibit_id
            then observations.locator || ', '
        else ''
    end
    || checks.subject || ': printed is ' || coalesce(checks.printed_value, 'nothing')
    || ', expected '
    || case
        when checks.expected_low = checks.expected_high
            then cast(checks.expected_low as {{ dbt.type_string() }})
        when checks.expected_low is null
            then
                'at most '
                || coalesce(
                    cast(checks.expected_high as {{ dbt.type_string() }}),
                    'a number that is missing'
                )
        when checks.expected_high is null then 'at least ' || checks.expected_low
        else checks.expected_low || ' to ' || checks.expected_high
    end
    || ' ('
    || rules.label || ': ' || checks.explanation || '; check_id ' || checks.check_id
    || ')' as failure
from {{ ref('fct_consistency_checks') }} as checks
left join {{ ref('dim_rules') }} as rules on checks.rule_id = rules.rule_id
left join {{ ref('fct_observations') }} as observations
    on checks.observation_id = observations.observation_id
where checks.verdict = 'inconsistent'

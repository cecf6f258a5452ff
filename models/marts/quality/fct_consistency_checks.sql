with checks as (select * from {{ ref('int_consistency_checks') }}),

declared as (select * from {{ ref('known_discrepancies') }}),

-- A declaration covers a check only while the print is the one that it describes.
consistency_checks as (
    select
        checks.check_id,
        checks.rule_id,
        checks.exhibit_id,
        checks.fiscal_year,
        checks.observation_id,
        checks.subject,
        checks.printed_value,
        checks.expected_low,
        checks.expected_high,
        case
            when coalesce(checks.is_consistent, false) then 'consistent'
            when declared.discrepancy_id is not null then 'documented_discrepancy'
            else 'inconsistent'
        end as verdict,
        declared.discrepancy_id,
        checks.explanation
    from checks
    left join declared
        on
            checks.check_id = declared.check_id
            and checks.exhibit_id = declared.exhibit_id
            and checks.printed_value = declared.printed_value
)

select
    check_id,
    rule_id,
    exhibit_id,
    fiscal_year,
    observation_id,
    subject,
    printed_value,
    expected_low,
    expected_high,
    verdict,
    discrepancy_id,
    explanation
from consistency_checks
order by rule_id, check_id

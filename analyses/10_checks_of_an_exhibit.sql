-- Which checks were made on Figure 23, and how did they come out?
-- A check stands at the exhibit of the numbers that it is about; the number that it
-- compares them with can stand in another one. Consistent means that the rule found
-- nothing, not that the number is right.
with checks as (
    select * from {{ ref('fct_consistency_checks') }}
    where exhibit_id = 'ussc_production_2021.figure_23'
),

rules as (select * from {{ ref('dim_rules') }}),

exhibit_checks as (
    select
        checks.check_id,
        rules.label as rule_label,
        checks.subject,
        checks.printed_value,
        checks.expected_low,
        checks.expected_high,
        checks.verdict
    from checks
    inner join rules on checks.rule_id = rules.rule_id
)

select
    rule_label,
    subject,
    printed_value,
    expected_low,
    expected_high,
    verdict
from exhibit_checks
order by check_id

-- Which checks were made on Figure 23, and how did they come out?
-- A check stands at the exhibit of the numbers that it is about; the number that it
-- compares them with can stand in another one. Consistent means that the rule found
-- nothing, not that the number is right.
select
    rules.label as rule_label,
    checks.subject,
    checks.printed_value,
    checks.expected_low,
    checks.expected_high,
    checks.verdict
from {{ ref('fct_consistency_checks') }} as checks
inner join {{ ref('dim_rules') }} as rules on checks.rule_id = rules.rule_id
where checks.exhibit_id = 'ussc_production_2021.figure_23'
order by checks.check_id

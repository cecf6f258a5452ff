with checks as (select * from {{ ref('fct_consistency_checks') }}),

observations as (select * from {{ ref('fct_observations') }}),

exhibits as (select * from {{ ref('dim_exhibits') }}),

declared as (select * from {{ ref('known_discrepancies') }}),

discrepancies as (
    select
        declared.discrepancy_id,
        exhibits.report_id,
        exhibits.exhibit_id,
        exhibits.title as exhibit_title,
        observations.locator,
        observations.row_label,
        observations.column_name,
        checks.printed_value,
        checks.expected_low,
        checks.expected_high,
        declared.consistent_values,
        checks.rule_id,
        declared.explanation
    from declared
    inner join checks on declared.discrepancy_id = checks.discrepancy_id
    inner join observations on checks.observation_id = observations.observation_id
    inner join exhibits on checks.exhibit_id = exhibits.exhibit_id
)

select
    discrepancy_id,
    report_id,
    exhibit_id,
    exhibit_title,
    locator,
    row_label,
    column_name,
    printed_value,
    expected_low,
    expected_high,
    consistent_values,
    rule_id,
    explanation
from discrepancies
order by discrepancy_id

with relations as (select * from {{ ref('int_relations') }}),

verdicts as (select * from {{ ref('fct_relations') }}),

attainability as (select * from {{ ref('int_attainability') }}),

observations as (select * from {{ ref('int_observations') }}),

series as (select * from {{ ref('int_series') }}),

rules as (select * from {{ ref('rules') }}),

declared as (select * from {{ ref('known_discrepancies') }}),

of_relations as (
    select
        verdicts.relation_id as check_id,
        verdicts.rule_id,
        verdicts.exhibit_id,
        verdicts.observation_id,
        relations.subject,
        relations.printed_value,
        relations.expected_low,
        relations.expected_high,
        verdicts.verdict,
        verdicts.is_vacuous,
        verdicts.discrepancy_id,
        {{ sentence('rules.sentence') }} as explanation
    from verdicts
    inner join relations on verdicts.relation_id = relations.relation_id
    inner join rules on verdicts.rule_id = rules.rule_id
),

of_percentages as (
    select
        'attainable_percentage:' || attainability.observation_id as check_id,
        'attainable_percentage' as rule_id,
        cast(null as text) as exhibit_id,
        attainability.observation_id,
        cast(null as text) as subject,
        attainability.printed_value,
        attainability.expected_low,
        attainability.expected_high,
        case
            when attainability.base_low is null then 'not_checkable'
            when attainability.is_attainable then 'consistent'
            when declared.discrepancy_id is not null then 'documented_discrepancy'
            else 'inconsistent'
        end as verdict,
        coalesce(attainability.is_vacuous, false) as is_vacuous,
        declared.discrepancy_id,
        case
            when attainability.base_low is null
                then 'the number that it is a percentage of is not printed'
            when attainability.is_attainable
                then
                    {{ interval_in_words('count_low', 'count_high') }} || ' of '
                    || {{ interval_in_words('base_low', 'base_high') }} || ' is '
                    || attainability.printed_value || ' percent'
            else
                'no whole number of '
                || {{ interval_in_words('base_low', 'base_high') }} || ' is '
                || attainability.printed_value || ' percent: ' || count_low || ' is '
                || expected_low || ' and ' || count_high || ' is ' || expected_high
        end as explanation
    from attainability
    left join declared
        on
            declared.check_id = 'attainable_percentage:' || attainability.observation_id
            and attainability.printed_value = declared.printed_value
),

-- A change whose years are not both printed.
of_changes as (
    select
        'percent_change:' || series.observation_id as check_id,
        'percent_change' as rule_id,
        cast(null as text) as exhibit_id,
        series.observation_id,
        cast(null as text) as subject,
        series.printed_value,
        cast(null as decimal(18, 4)) as expected_low,
        cast(null as decimal(18, 4)) as expected_high,
        'not_checkable' as verdict,
        false as is_vacuous,
        cast(null as text) as discrepancy_id,
        'the numbers of the two years are not both printed' as explanation
    from series
    left join verdicts
        on 'percent_change:' || series.observation_id = verdicts.relation_id
    where series.statistic = 'percent_change' and verdicts.relation_id is null
),

checks as (
    select * from of_relations
    union all
    select * from of_percentages
    union all
    select * from of_changes
)

select
    checks.check_id,
    checks.rule_id,
    coalesce(checks.exhibit_id, observations.exhibit_id) as exhibit_id,
    observations.fiscal_year,
    checks.observation_id,
    coalesce(
        checks.subject, observations.row_label || ', ' || observations.column_name
    ) as subject,
    checks.printed_value,
    checks.expected_low,
    checks.expected_high,
    checks.verdict,
    checks.is_vacuous,
    checks.discrepancy_id,
    checks.explanation
from checks
inner join observations on checks.observation_id = observations.observation_id
order by checks.rule_id, checks.check_id

with relations as (select * from {{ ref('int_relations') }}),

attainability as (select * from {{ ref('int_attainability') }}),

observations as (select * from {{ ref('int_observations') }}),

quantities as (select * from {{ ref('int_quantities') }}),

rules as (select * from {{ ref('rules') }}),

declared as (select * from {{ ref('known_discrepancies') }}),

of_relations as (
    select
        relations.relation_id as check_id,
        relations.rule_id,
        relations.exhibit_id,
        relations.fiscal_year,
        relations.observation_id,
        relations.subject,
        relations.printed_value,
        relations.expected_low,
        relations.expected_high,
        relations.verdict,
        relations.is_vacuous,
        relations.discrepancy_id,
        {{ sentence('rules.sentence') }} as explanation
    from relations
    inner join rules on relations.rule_id = rules.rule_id
),

of_percentages as (
    select
        'attainable_percentage:' || attainability.observation_id as check_id,
        'attainable_percentage' as rule_id,
        attainability.exhibit_id,
        attainability.fiscal_year,
        attainability.observation_id,
        attainability.subject,
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
                || attainability.printed_value || ' percent: '
                || attainability.count_low || ' is ' || attainability.expected_low
                || ' and ' || attainability.count_high || ' is '
                || attainability.expected_high
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
        'percent_change:' || quantities.observation_id as check_id,
        'percent_change' as rule_id,
        observations.exhibit_id,
        observations.fiscal_year,
        observations.observation_id,
        observations.row_label || ', ' || observations.column_name as subject,
        quantities.printed_value,
        cast(null as decimal(18, 4)) as expected_low,
        cast(null as decimal(18, 4)) as expected_high,
        'not_checkable' as verdict,
        false as is_vacuous,
        cast(null as text) as discrepancy_id,
        'the numbers of the two years are not both printed' as explanation
    from quantities
    inner join observations
        on quantities.observation_key = observations.observation_key
    left join relations
        on
            quantities.observation_id = relations.observation_id
            and relations.rule_id = 'percent_change'
    where quantities.statistic = 'percent_change' and relations.relation_id is null
),

checks as (
    select * from of_relations
    union all
    select * from of_percentages
    union all
    select * from of_changes
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
    is_vacuous,
    discrepancy_id,
    explanation
from checks

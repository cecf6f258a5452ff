with relations as (select * from {{ ref('int_relations') }}),

attainability as (select * from {{ ref('int_attainability') }}),

changes as (select * from {{ ref('int_attainable_changes') }}),

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
        'percent_change:' || changes.observation_id as check_id,
        'percent_change' as rule_id,
        changes.exhibit_id,
        changes.fiscal_year,
        changes.observation_id,
        changes.subject,
        changes.printed_value,
        cast(null as decimal(18, 4)) as expected_low,
        cast(null as decimal(18, 4)) as expected_high,
        case
            when changes.is_attainable is null then 'not_checkable'
            when changes.is_attainable then 'consistent'
            when declared.discrepancy_id is not null then 'documented_discrepancy'
            else 'inconsistent'
        end as verdict,
        coalesce(changes.is_vacuous, false) as is_vacuous,
        declared.discrepancy_id,
        case
            when changes.is_attainable is null
                then 'the numbers of the two years are not both printed'
            when changes.is_attainable
                then
                    'from '
                    || {{ interval_in_words('least_earlier', 'greatest_earlier') }}
                    || ' to ' || {{ number_in_words('later') }}
            else
                'no whole number changed to ' || {{ number_in_words('later') }}
                || ' as printed, neither ' || changes.greatest_earlier || ' nor '
                || changes.least_earlier
        end as explanation
    from changes
    left join declared
        on
            declared.check_id = 'percent_change:' || changes.observation_id
            and changes.printed_value = declared.printed_value
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

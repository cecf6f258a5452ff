with of_relations as (
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
    from {{ ref('int_relations') }} as relations
    inner join {{ ref('rules') }} as rules on relations.rule_id = rules.rule_id
),

-- Statements about whole numbers: of percentages, and of changes whose years are not
-- both printed.
attainability as (
    select * from {{ ref('int_attainability') }}
    union all
    select * from {{ ref('int_attainable_changes') }}
),

of_whole_numbers as (
    select
        attainability.rule_id || ':' || attainability.observation_id as check_id,
        attainability.rule_id,
        attainability.exhibit_id,
        attainability.fiscal_year,
        attainability.observation_id,
        attainability.subject,
        attainability.printed_value,
        attainability.expected_low,
        attainability.expected_high,
        case
            when attainability.is_attainable is null then 'not_checkable'
            when attainability.is_attainable then 'consistent'
            when declared.discrepancy_id is not null then 'documented_discrepancy'
            else 'inconsistent'
        end as verdict,
        coalesce(attainability.is_vacuous, false) as is_vacuous,
        declared.discrepancy_id,
        attainability.explanation
    from attainability
    left join {{ ref('known_discrepancies') }} as declared
        on
            attainability.rule_id || ':' || attainability.observation_id
            = declared.check_id
            and attainability.printed_value = declared.printed_value
)

select * from of_relations
union all
select * from of_whole_numbers

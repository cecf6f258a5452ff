with relations as (select * from {{ ref('int_relations') }}),

observations as (select * from {{ ref('int_observations') }}),

declared as (select * from {{ ref('known_discrepancies') }}),

-- A declaration covers a relation only while the print is the one that it describes.
judged as (
    select
        relations.relation_id,
        relations.rule_id,
        coalesce(relations.exhibit_id, observations.exhibit_id) as exhibit_id,
        observations.fiscal_year,
        relations.observation_id,
        relations.low,
        relations.high,
        relations.bounds,
        relations.is_vacuous,
        case
            when relations.is_consistent then 'consistent'
            when declared.discrepancy_id is not null then 'documented_discrepancy'
            else 'inconsistent'
        end as verdict,
        declared.discrepancy_id
    from relations
    left join observations on relations.observation_id = observations.observation_id
    left join declared
        on
            relations.relation_id = declared.check_id
            and coalesce(relations.exhibit_id, observations.exhibit_id)
            = declared.exhibit_id
            and relations.printed_value = declared.printed_value
)

select
    relation_id,
    rule_id,
    exhibit_id,
    fiscal_year,
    observation_id,
    low,
    high,
    bounds,
    verdict,
    is_vacuous,
    discrepancy_id
from judged

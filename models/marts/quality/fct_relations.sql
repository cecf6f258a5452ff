{# A view: a second copy of so many relations would cost as much as most facts. #}
{{ config(materialized='view') }}

select
    relation_id,
    rule_id,
    exhibit_id,
    fiscal_year,
    observation_id,
    cast(low as decimal(28, 8)) as low,
    cast(high as decimal(28, 8)) as high,
    bounds,
    verdict,
    is_vacuous,
    discrepancy_id
from {{ ref('int_relations') }}

-- Written by `make scaffold` from the seeds: edit those.
select * from {{ ref('stg_ussc_production_2021__key_findings') }}
union all
select * from {{ ref('stg_ussc_production_2021__figure_10') }}
union all
select * from {{ ref('stg_ussc_production_2021__figure_22') }}
union all
select * from {{ ref('stg_ussc_production_2021__figure_23') }}
union all
select * from {{ ref('stg_ussc_production_2021__figure_24') }}
union all
select * from {{ ref('stg_ussc_production_2021__sentencing_outcomes') }}
union all
select * from {{ ref('stg_ussc_production_2021__table_11') }}
union all
select * from {{ ref('stg_ussc_production_2021__stated_differences') }}

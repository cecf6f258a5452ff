-- Written by `make scaffold` from the seeds: edit those.
select * from {{ ref('stg_ussc_production_2021__comparisons') }}

-- Written by `make scaffold` from the seeds: edit those.
{{ stage_comparisons(
    seed=ref('raw_ussc_production_2021__comparisons'),
    exhibit_id='ussc_production_2021.comparisons',
) }}

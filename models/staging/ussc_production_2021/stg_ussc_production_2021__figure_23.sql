-- Written by `make scaffold` from the seeds: edit those.
{{ stage_exhibit(
    seed=ref('raw_ussc_production_2021__figure_23'),
    exhibit_id='ussc_production_2021.figure_23',
    value_columns=['percent'],
) }}

-- Written by `make scaffold` from the seeds: edit those.
{{ stage_exhibit(
    seed=ref('raw_ussc_production_2021__figure_24'),
    exhibit_id='ussc_production_2021.figure_24',
    value_columns=['percent', 'n'],
) }}

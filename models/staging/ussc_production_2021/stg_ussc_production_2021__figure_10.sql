-- Written by `make scaffold` from the seeds: edit those.
{{ stage_exhibit(
    seed=ref('raw_ussc_production_2021__figure_10'),
    exhibit_id='ussc_production_2021.figure_10',
    value_columns=['number_of_victims', 'percent', 'n'],
) }}

-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit(
    exhibit_id='ussc_production_2021.figure_10',
    value_columns=['number_of_victims', 'percent', 'n'],
) }}

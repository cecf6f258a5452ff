-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit(
    exhibit_id='ussc_production_2021.figure_22',
    value_columns=['percent', 'n'],
) }}

-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit(
    exhibit_id='ussc_production_2021.table_11',
    value_columns=['n', 'mean_sentence'],
    label_column='type_of_inducement',
) }}

-- Written by `make scaffold` from the seeds: edit those.
{{ stage_exhibit(
    seed=ref('raw_ussc_production_2021__table_11'),
    exhibit_id='ussc_production_2021.table_11',
    value_columns=['n', 'mean_sentence'],
    label_column='type_of_inducement',
) }}

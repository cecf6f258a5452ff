-- Written by `make scaffold` from the seeds: edit those.
{{ stage_exhibit(
    seed=ref('raw_ussc_production_2021__key_findings'),
    exhibit_id='ussc_production_2021.key_findings',
    value_columns=['printed_value'],
    unit_column='printed_unit',
) }}

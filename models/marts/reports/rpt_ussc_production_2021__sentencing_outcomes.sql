-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit(
    exhibit_id='ussc_production_2021.sentencing_outcomes',
    value_columns=['printed_value'],
    unit_column='printed_unit',
) }}

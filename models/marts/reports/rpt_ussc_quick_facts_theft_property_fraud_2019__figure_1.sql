-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit(
    exhibit_id='ussc_quick_facts_theft_property_fraud_2019.figure_1',
    value_columns=['n'],
) }}

-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit(
    exhibit_id='ussc_quick_facts_section_922g_2023.statements',
    value_columns=['printed_value'],
    unit_column='printed_unit',
) }}

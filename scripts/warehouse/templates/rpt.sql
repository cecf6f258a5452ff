-- Written by `make scaffold` from the seeds: edit those.
{% if exhibit.exhibit_type == "comparisons" %}
{{ report_comparisons(exhibit_id='<< exhibit.exhibit_id >>') }}
{% else %}
{{ report_exhibit(
    exhibit_id='<< exhibit.exhibit_id >>',
    value_columns=['<< sheet.numbers | join("', '") >>'],
{% if sheet.label != "row_label" %}
    label_column='<< sheet.label >>',
{% endif %}
{% if "printed_unit" in sheet.columns %}
    unit_column='printed_unit',
{% endif %}
) }}
{% endif %}

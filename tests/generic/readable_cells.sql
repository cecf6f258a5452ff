{% test readable_cells(model, value_columns, label_column='row_label') %}
with cells as (
    {%- for column in value_columns %}
    select
        row_number,
        {{ label_column }} as row_label,
        '{{ column }}' as column_name,
        {{ column }} as cell
    from {{ model }}
    where {{ column }} is not null
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    '{{ model.identifier }}, row ' || row_number || ' (' || row_label || '), column '
    || column_name || ': "' || cell
    || '" is not a number as printed, expected such as 56.6, 1,234, two or life' as failure
from cells
where not {{ is_readable('cell') }}
{% endtest %}

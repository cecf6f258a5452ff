{# The rows of all sheets, those of comparisons included, each once. #}
{% macro rows_keyed(columns) %}
    {% for model in ['stg_cells', 'stg_comparisons'] %}
        select
            exhibit_id,
            row_number,
            row_label,
            {{ columns | join(', ') }}
        from {{ ref(model) }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}
{% endmacro %}

{# A declared discrepancy of the print is not a fault of the mart that repeats it. #}

{% macro unless_declared(declared_as) -%}
    {%- if declared_as %}
    not exists (
        select 1
        from {{ ref('known_discrepancies') }} as declared
        where declared.check_id like {{ declared_as }}
    )
    {%- else %}
    true
    {%- endif %}
{%- endmacro %}

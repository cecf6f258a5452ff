{# The first letter of each word of a text, with the spaces between them. #}

{% macro initials(text) -%}
    regexp_replace({{ text }}, '([^ ])[^ ]*', '\1', 'g')
{%- endmacro %}

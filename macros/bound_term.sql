{# One term of each constraint, from the rows of a table: coefficient x variable, of a sum
   that lies between `low` and `high` (SQL expressions; none is no limit). #}

{% macro bound_term(rows, constraint, variable, coefficient, low, high, observation=none) -%}
    select
        system_id,
        {{ constraint }} as constraint_id,
        {{ variable }} as variable_key,
        cast({{ signed(coefficient) }} as decimal(18, 4)) as coefficient,
        cast({{ low or 'null' }} as decimal(28, 8)) as low,
        cast({{ high or 'null' }} as decimal(28, 8)) as high,
        assumption_id,
        {{ observation or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as observation_id
    from {{ rows }} as of_constraint
{%- endmacro %}

{# What a number is about, as one key: the identity of a series, used in every join.

   Arguments are SQL expressions; `base` is given for percentages alone. A key reads
   2019/production_offenders/inducements.coercion/offender_percent, and after that, where
   it has them, /since/<year>, /against/<category> and /of/<base>. #}

{% macro series_key(
    fiscal_year, population_id, category_key, measure_id,
    reference_fiscal_year=none, reference_category_id=none, base=none
) -%}
    {{ fiscal_year }} || '/' || {{ population_id }} || '/' || {{ category_key }}
    || '/' || {{ measure_id }}
    {%- if reference_fiscal_year %}
    || coalesce('/since/' || {{ reference_fiscal_year }}, '')
    {%- endif %}
    {%- if reference_category_id %}
    || coalesce('/against/' || {{ reference_category_id }}, '')
    {%- endif %}
    {%- if base %}
    || case when {{ base }} <> 'all' then '/of/' || {{ base }} else '' end
    {%- endif %}
{%- endmacro %}

{# Of a row of int_series: the series of the category that its classification divides, and
   of the whole that is that category or else the population. #}

{% macro parent_series_key(measure_id) -%}
    {{ series_key(
        'fiscal_year', 'population_id', 'parent_category_key', measure_id,
        base='percent_base'
    ) }}
{%- endmacro %}

{% macro whole_series_key(measure_id) -%}
    coalesce(
        {{ series_key('fiscal_year', 'population_id', 'parent_category_key', measure_id) }},
        {{ series_key(
            'fiscal_year', 'total_population_id', 'total_category_key', measure_id
        ) }}
    )
{%- endmacro %}

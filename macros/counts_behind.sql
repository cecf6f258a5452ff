{# The whole count behind a printed percentage, where no count is printed: its bounds.

   Where no whole count rounds to the percentage, the least count that is too high and the
   greatest that is too low enclose it: the bounds change places. #}

{% macro counts_behind(percentages) -%}
    select
        -- No printed number has a key that high.
        observation_key + 4000000000000000000 as quantity_key,
        observation_key,
        observation_id,
        count_series_key as series_key,
        'percentage' as origin,
        fiscal_year,
        population_id,
        category_key,
        of_measure_id as measure_id,
        'count' as statistic,
        cast(null as {{ dbt.type_string() }}) as percent_base,
        printed_value,
        cast(least(least_count, greatest_count) as decimal(18, 4)) as value_low,
        cast(greatest(least_count, greatest_count) as decimal(18, 4)) as value_high,
        cast(0 as decimal(18, 4)) as value_from,
        base_high as value_to,
        count_whole_series_key as whole_series_key,
        cast(null as {{ dbt.type_string() }}) as count_series_key,
        cast(null as {{ dbt.type_string() }}) as base_series_key
    from (
        select
            {{ percentages }}.*,
            {{ least_count('value_low', 'base_low') }} as least_count,
            {{ greatest_count('value_high', 'base_high') }} as greatest_count
        from {{ percentages }}
        where printed_count_key is null
    ) as bounded
{%- endmacro %}

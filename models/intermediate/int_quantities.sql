-- The whole of a count is the category that its classification divides or the whole
-- population; that of a percentage without such a category is 100.
with addressed as {{ not_materialized() }} (
    select
        series.*,
        case
            when category_key = 'population_total.total' then null
            when statistic in ('count', 'mean')
                then {{ whole_series_key('measure_id') }}
            when statistic = 'percent' then {{ parent_series_key('measure_id') }}
        end as whole_series_key,
        case when statistic = 'percent' then
                {{ whole_series_key('of_measure_id') }}
        end as count_whole_series_key,
        case when statistic in ('percent', 'mean') then
            {{ series_key(
                'fiscal_year', 'population_id', 'category_key', 'of_measure_id'
            ) }}
        end as count_series_key,
        case when percent_base = 'all' then
            {{ series_key(
                'fiscal_year', 'total_population_id', 'total_category_key',
                'of_measure_id'
            ) }}
        end as base_series_key
    from {{ ref('int_series') }} as series
),

printed_counts as {{ not_materialized() }} (
    select * from addressed
    where statistic = 'count'
),

percentages as {{ not_materialized() }} (
    select
        addressed.*,
        printed_counts.observation_key as printed_count_key
    from addressed
    left join printed_counts on addressed.count_series_key = printed_counts.series_key
    where addressed.statistic = 'percent'
),

-- Counts behind percentages: first where the size of the base is printed, then where it
-- follows from a percentage itself.
{% for name, bases in [('print', 'printed_counts'), ('counts', 'counts_on_print')] %}
    based_on_{{ name }} as (
        select
            percentages.*,
            bases.value_low as base_low,
            bases.value_high as base_high
        from percentages
        inner join {{ bases }} as bases
            on percentages.base_series_key = bases.series_key
        where bases.value_low > 0
    ),

    counts_on_{{ name }} as (
        {{ counts_behind('based_on_' ~ name) }}
    ),
{% endfor %}

known as {{ not_materialized() }} (
    select
        observation_key as quantity_key,
        observation_key,
        observation_id,
        series_key,
        'printed' as origin,
        fiscal_year,
        population_id,
        category_key,
        measure_id,
        statistic,
        percent_base,
        printed_value,
        value_low,
        value_high,
        cast(value_from as decimal(18, 4)) as value_from,
        cast(value_to as decimal(18, 4)) as value_to,
        whole_series_key,
        count_series_key,
        base_series_key
    from addressed
    union all
    select * from counts_on_print
    union all
    select * from counts_on_counts
),

-- Where some categories of a classification have a number, the others have one that is
-- not printed.
divided as (
    select
        fiscal_year,
        population_id,
        split_part(category_key, '.', 1) as classification_id,
        measure_id,
        percent_base,
        min(statistic) as statistic,
        min(value_from) as value_from,
        min(value_to) as value_to,
        min(whole_series_key) as whole_series_key,
        min(quantity_key) as first_key
    from known
    where
        statistic in ('count', 'percent', 'mean')
        and category_key <> 'population_total.total'
    group by
        fiscal_year,
        population_id,
        split_part(category_key, '.', 1),
        measure_id,
        percent_base
),

expected as (
    select
        divided.*,
        categories.category_id,
        categories.sort_order,
        {{ series_key(
            'divided.fiscal_year', 'divided.population_id',
            "divided.classification_id || '.' || categories.category_id",
            'divided.measure_id', base='divided.percent_base'
        ) }} as series_key
    from divided
    inner join {{ ref('classifications') }} as classifications
        on
            divided.classification_id = classifications.classification_id
            and classifications.is_exhaustive
    inner join {{ ref('categories') }} as categories
        on
            divided.classification_id = categories.classification_id
            and categories.category_role in ('part', 'residual', 'any')
),

not_printed as {{ not_materialized() }} (
    select
        cast(
            -row_number() over (order by expected.first_key, expected.sort_order)
            as bigint
        ) as quantity_key,
        cast(null as bigint) as observation_key,
        cast(null as {{ dbt.type_string() }}) as observation_id,
        expected.series_key,
        'unknown' as origin,
        expected.fiscal_year,
        expected.population_id,
        expected.classification_id || '.' || expected.category_id as category_key,
        expected.measure_id,
        expected.statistic,
        expected.percent_base,
        cast(null as {{ dbt.type_string() }}) as printed_value,
        expected.value_from as value_low,
        expected.value_to as value_high,
        expected.value_from,
        expected.value_to,
        expected.whole_series_key,
        cast(null as {{ dbt.type_string() }}) as count_series_key,
        cast(null as {{ dbt.type_string() }}) as base_series_key
    from expected
    left join known on expected.series_key = known.series_key
    where known.series_key is null
),

all_quantities as (
    select * from known
    union all
    select * from not_printed
)

select
    all_quantities.quantity_key,
    all_quantities.observation_key,
    all_quantities.observation_id,
    all_quantities.series_key,
    all_quantities.origin,
    all_quantities.fiscal_year,
    all_quantities.population_id,
    all_quantities.category_key,
    categories.classification_id,
    categories.category_id,
    categories.category_role,
    categories.parent_category_id,
    categories.sort_order,
    all_quantities.fiscal_year || '/' || all_quantities.population_id || '/'
    || categories.classification_id || '/' || all_quantities.measure_id
    || coalesce('/' || all_quantities.percent_base, '') as family_key,
    all_quantities.measure_id,
    all_quantities.statistic,
    all_quantities.percent_base,
    all_quantities.printed_value,
    all_quantities.value_low,
    all_quantities.value_high,
    all_quantities.value_from,
    all_quantities.value_to,
    wholes.quantity_key as whole_key,
    counts.quantity_key as count_key,
    bases.quantity_key as base_key
from all_quantities
left join {{ ref('categories') }} as categories
    on
        all_quantities.category_key
        = categories.classification_id || '.' || categories.category_id
left join known as wholes on all_quantities.whole_series_key = wholes.series_key
left join known as counts
    on
        all_quantities.count_series_key = counts.series_key
        and counts.statistic = 'count'
left join known as bases
    on
        all_quantities.base_series_key = bases.series_key
        and bases.statistic = 'count'

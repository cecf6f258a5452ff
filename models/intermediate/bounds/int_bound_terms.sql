-- The constraints of each system, a row a term: the sum of coefficient x variable lies
-- between low and high. Variables are numbers of offenders, whole, and totals of what
-- is measured of them; only the answer to a question can be negative.
with quantities as (select * from {{ ref('int_bound_quantities') }}),

sets as (select * from {{ ref('int_bound_sets') }}),

measures as (select * from {{ ref('measures') }}),

asked as (select * from {{ ref('int_bound_asked') }}),

-- Numbers in the sets of their classification.
divided as (
    select
        quantities.*,
        sets.set_id,
        sets.set_id || '/' || quantities.measure_id as set_variable_key,
        sets.category_id as set_category_id,
        sets.parent_category_id as set_parent_id,
        sets.category_count,
        sets.is_merged,
        sets.merged_count
    from quantities
    inner join sets
        on
            quantities.system_id = sets.system_id
            and quantities.population_id = sets.population_id
            and quantities.classification_id = sets.classification_id
),

-- Numbers that are sums over sets: of a category or a group, those that have it or a
-- part of it; of a whole, all; of a number of categories used, those with as many.
sums as (
    select
        system_id,
        'sets:' || series_key as constraint_id,
        series_key as variable_key,
        set_variable_key,
        1 as coefficient,
        cast(null as {{ dbt.type_string() }}) as assumption_id
    from divided
    where
        (
            category_id in (set_category_id, set_parent_id)
            or (category_role = 'any' and category_count > 0)
        )
        and series_key <> set_variable_key
    union
    select
        system_id,
        'whole:' || classification_id || ':' || whole_variable_key as constraint_id,
        whole_variable_key as variable_key,
        set_variable_key,
        1 as coefficient,
        cast(null as {{ dbt.type_string() }}) as assumption_id
    from divided
    where whole_variable_key is not null
    union
    select
        quantities.system_id,
        'used:' || quantities.series_key || ':' || sets.population_id as constraint_id,
        quantities.series_key as variable_key,
        sets.set_id || '/' || quantities.measure_id as set_variable_key,
        1 as coefficient,
        'approach_is_method' as assumption_id
    from quantities
    inner join {{ ref('classifications') }} as classifications
        on quantities.classification_id = classifications.classification_id
    inner join {{ ref('categories') }} as categories
        on
            quantities.classification_id = categories.classification_id
            and quantities.category_id = categories.category_id
    inner join sets
        on
            quantities.system_id = sets.system_id
            and classifications.counted_classification_id = sets.classification_id
            and categories.range_from <= sets.category_count
            and coalesce(categories.range_to, sets.category_count)
            >= sets.category_count
    where quantities.statistic = 'count'
    union
    select
        system_id,
        'question:' || split_part(variable_key, '/', 3) || '/'
        || split_part(variable_key, '/', 4) as constraint_id,
        variable_key,
        set_variable_key,
        coefficient,
        cast(null as {{ dbt.type_string() }}) as assumption_id
    from asked
),

-- Categories that are not told apart, those with the greatest numbers first: the first
-- of them have together at most what as many of each set give, and all have just that.
others as (
    select
        system_id,
        fiscal_year || '/' || population_id || '/' || classification_id || '/'
        || measure_id as stem,
        series_key,
        max(merged_count) as merged_count,
        row_number() over (
            partition by
                system_id, fiscal_year, population_id, classification_id, measure_id
            order by coalesce(value_low, 0) desc, series_key asc
        ) as category_number
    from divided
    where category_role = 'part' and is_merged
    group by
        system_id,
        fiscal_year,
        population_id,
        classification_id,
        measure_id,
        series_key,
        value_low
    having not bool_or(coalesce(category_id = set_category_id, false))
),

shared as (
    select
        system_id,
        'others:' || category_number || ':' || stem as constraint_id,
        stem,
        category_number,
        case when category_number = merged_count then 0 end as sum_low,
        cast(null as {{ dbt.type_string() }}) as assumption_id
    from others
),

shared_numbers as (
    select
        shared.*,
        others.series_key as variable_key,
        1 as coefficient
    from shared
    inner join others
        on
            shared.system_id = others.system_id
            and shared.stem = others.stem
            and shared.category_number >= others.category_number
    union all
    select distinct
        shared.*,
        divided.set_variable_key as variable_key,
        -least(shared.category_number, divided.merged_count) as coefficient
    from shared
    inner join divided
        on
            shared.system_id = divided.system_id
            and shared.stem = divided.fiscal_year || '/' || divided.population_id
            || '/' || divided.classification_id || '/' || divided.measure_id
            and divided.merged_count > 0
),

counts as (
    select
        quantities.*,
        case
            when quantities.origin = 'printed' then null
            when attainability.is_attainable then 'rounding'
            else 'nearest_count'
        end as assumption_id
    from quantities
    left join {{ ref('int_attainability') }} as attainability
        on quantities.observation_id = attainability.observation_id
    where quantities.statistic = 'count' and quantities.origin <> 'unknown'
),

means as (
    select * from quantities
    where
        statistic = 'mean'
        and origin = 'printed'
        and count_variable_key is not null
),

-- No offender's number is below the least or above the greatest of the population.
limited as (
    select distinct
        divided.system_id,
        divided.set_id,
        means.measure_id,
        means.of_measure_id,
        extremes.observation_id,
        measures.statistic,
        measures.statistic || '_of_each' as assumption_id,
        coalesce(
            {{ exact_quotient(
                'extremes.value_low * measures.base_unit_factor',
                'means.base_unit_factor'
            ) }},
            assumptions.stands_for
        ) as limit_of_each
    from divided
    inner join measures as means
        on divided.measure_id = means.measure_id and means.statistic = 'mean'
    inner join measures
        on
            means.concept = measures.concept
            and means.base_unit = measures.base_unit
            and measures.statistic in ('minimum', 'maximum')
    inner join {{ ref('int_quantities') }} as extremes
        on
            divided.fiscal_year = extremes.fiscal_year
            and divided.population_id = extremes.population_id
            and measures.measure_id = extremes.measure_id
            and extremes.category_role = 'total'
    left join {{ ref('bound_assumptions') }} as assumptions
        on
            extremes.measure_id = assumptions.measure_id
            and extremes.printed_value = assumptions.printed_value
    where extremes.value_low is not null or assumptions.stands_for is not null
),

terms as (
    {{ bound_term(
        '(select distinct system_id, constraint_id, variable_key, assumption_id'
        ~ ' from sums)', 'constraint_id', 'variable_key', '1', '0', '0') }}
    union all
    {{ bound_term('sums', 'constraint_id', 'set_variable_key', '-coefficient', '0',
        '0') }}
    union all
    {{ bound_term('shared_numbers', 'constraint_id', 'variable_key', 'coefficient',
        'sum_low', '0') }}
    union all
    {{ bound_term('counts', "'value:' || series_key", 'series_key', '1', 'value_low',
        'value_high', 'observation_id') }}
    {%- for id, low, high in [('mean_low', '0', none), ('mean_high', none, '0')] %}
    {%- for variable, coefficient in [
        ('series_key', '1'), ('count_variable_key', id | replace('mean', '-value')),
    ] %}
            union all
    {{ bound_term("(select *, 'rounding' as assumption_id from means)",
        "'" ~ id ~ ":' || series_key", variable, coefficient, low, high,
        'observation_id') }}
        {%- endfor %}
    {%- endfor %}
    {%- for measure, coefficient in [
        ('measure_id', '1'), ('of_measure_id', '-limit_of_each'),
    ] %}
        union all
    {{ bound_term('limited', "statistic || ':' || set_id || '/' || measure_id",
        "set_id || '/' || " ~ measure, coefficient,
        "case when statistic = 'minimum' then 0 end",
        "case when statistic = 'maximum' then 0 end", 'observation_id') }}
    {%- endfor %}
),

weighted as (
    select
        system_id,
        variable_key,
        bool_or(coefficient <> floor(coefficient)) as is_broken,
        bool_or(coefficient < 0) as is_signed
    from asked
    group by system_id, variable_key
),

bound_terms as (
    select
        terms.system_id,
        terms.constraint_id,
        terms.variable_key,
        measures.statistic = 'count' and not coalesce(weighted.is_broken, false)
            as is_whole,
        coalesce(weighted.is_signed, false) as is_signed,
        terms.coefficient,
        terms.low,
        terms.high,
        terms.assumption_id,
        terms.observation_id
    from terms
    inner join measures
        on split_part(terms.variable_key, '/', 4) = measures.measure_id
    left join weighted
        on
            terms.system_id = weighted.system_id
            and terms.variable_key = weighted.variable_key
)

select * from bound_terms

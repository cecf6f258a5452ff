-- The constraints of each system, a row a term: the sum of coefficient x variable lies
-- between low and high. Variables are numbers of offenders, whole, and totals of what
-- is measured of them; none is negative.
with quantities as (select * from {{ ref('int_bound_quantities') }}),

sets as (select * from {{ ref('int_bound_sets') }}),

measures as (select * from {{ ref('measures') }}),

-- Sets that meet the conditions of a question. A mean is a total and a count.
asked as (
    select
        sets.system_id,
        sets.set_id,
        questions.bound_id,
        measures.measure_id
    from {{ ref('bound_questions') }} as questions
    inner join measures as asked_measures
        on questions.measure_id = asked_measures.measure_id
    inner join measures
        on measures.measure_id in (questions.measure_id, asked_measures.of_measure_id)
    inner join sets on questions.classification_id = sets.classification_id
    group by
        sets.system_id, sets.set_id, questions.bound_id, measures.measure_id
    having
        count(
            case when {{ is_listed('sets.category_id', 'questions.all_of') }} then 1 end
        )
        = max({{ listed_count('questions.all_of') }})
        and count(case
            when questions.any_of is null
                or {{ is_listed('sets.category_id', 'questions.any_of') }} then 1
        end) > 0
        and max(sets.category_count) >= coalesce(max(questions.categories_from), 1)
        and max(sets.category_count) <= coalesce(max(questions.categories_to), 10)
),

-- Numbers that are sums over sets: of a category or a group, those that have it or a
-- part of it; of a whole, all; of a number of categories used, those with as many.
sums as (
    select distinct
        quantities.system_id,
        'sets:' || quantities.series_key as constraint_id,
        quantities.series_key as variable_key,
        sets.set_id || '/' || quantities.measure_id as set_variable_key,
        cast(null as text) as assumption_id
    from quantities
    inner join sets
        on
            quantities.system_id = sets.system_id
            and quantities.classification_id = sets.classification_id
            and (
                quantities.category_id in (sets.category_id, sets.parent_category_id)
                or (quantities.category_role = 'any' and sets.category_count > 0)
            )
            and quantities.series_key <> sets.set_id || '/' || quantities.measure_id
    union all
    select distinct
        quantities.system_id,
        'whole:' || sets.classification_id || ':' || quantities.whole_variable_key
            as constraint_id,
        quantities.whole_variable_key as variable_key,
        sets.set_id || '/' || quantities.measure_id as set_variable_key,
        cast(null as text) as assumption_id
    from quantities
    inner join sets
        on
            quantities.system_id = sets.system_id
            and quantities.classification_id = sets.classification_id
    where quantities.whole_variable_key is not null
    union all
    select distinct
        quantities.system_id,
        'used:' || quantities.series_key as constraint_id,
        quantities.series_key as variable_key,
        sets.set_id || '/' || quantities.measure_id as set_variable_key,
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
    union all
    select
        system_id,
        'question:' || bound_id || '/' || measure_id as constraint_id,
        system_id || '/' || bound_id || '/' || measure_id as variable_key,
        set_id || '/' || measure_id as set_variable_key,
        cast(null as text) as assumption_id
    from asked
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
        quantities.system_id,
        sets.set_id,
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
    from quantities
    inner join sets
        on
            quantities.system_id = sets.system_id
            and quantities.classification_id = sets.classification_id
    inner join measures as means
        on quantities.measure_id = means.measure_id and means.statistic = 'mean'
    inner join measures
        on
            means.concept = measures.concept
            and means.base_unit = measures.base_unit
            and measures.statistic in ('minimum', 'maximum')
    inner join {{ ref('int_quantities') }} as extremes
        on
            quantities.fiscal_year = extremes.fiscal_year
            and quantities.population_id = extremes.population_id
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
    {{ bound_term('sums', 'constraint_id', 'set_variable_key', '-1', '0', '0') }}
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

bound_terms as (
    select
        terms.system_id,
        terms.constraint_id,
        terms.variable_key,
        measures.statistic = 'count' as is_whole,
        terms.coefficient,
        terms.low,
        terms.high,
        terms.assumption_id,
        terms.observation_id
    from terms
    inner join measures
        on split_part(terms.variable_key, '/', 4) = measures.measure_id
)

select * from bound_terms

-- The questions asked of each system that has all classifications they are about: the
-- sets that meet the conditions of a term, in what is asked for and in what that is
-- divided by. A mean is a total divided by a count.
with sets as (select * from {{ ref('int_bound_sets') }}),

questions as (
    select
        bound_questions.*,
        measures.statistic = 'mean' as is_mean,
        case when measures.statistic = 'mean' then measures.of_measure_id
            else bound_questions.measure_id
        end as divisor_measure_id
    from {{ ref('bound_questions') }} as bound_questions
    inner join {{ ref('measures') }} as measures
        on bound_questions.measure_id = measures.measure_id
),

selected as (
    select
        sets.system_id,
        sets.set_id,
        sets.is_merged,
        questions.bound_id,
        questions.term_number
    from questions
    inner join sets
        on
            questions.classification_id = sets.classification_id
            and split_part(sets.system_id, '/', 2) = sets.population_id
    group by
        sets.system_id,
        sets.set_id,
        sets.is_merged,
        questions.bound_id,
        questions.term_number
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
        and max(sets.category_count)
        <= coalesce(max(questions.categories_to), max(sets.category_count))
),

askable as (
    select
        selected.system_id,
        selected.bound_id
    from selected
    group by selected.system_id, selected.bound_id
    having
        count(distinct selected.term_number) = (
            select count(*) from questions
            where questions.bound_id = selected.bound_id
        )
),

bound_asked as (
    {%- for is_divisor, part, measure, condition in [
        ('false', '', 'measure_id', 'questions.is_divisor is null'),
        ('true', '.per', 'divisor_measure_id', 'questions.is_divisor or questions.is_mean'),
    ] %}
        select
            selected.system_id,
            selected.bound_id,
            questions.label,
            {{ is_divisor }} as is_divisor,
            selected.is_merged,
            selected.system_id || '/' || selected.bound_id || '{{ part }}/'
            || questions.{{ measure }} as variable_key,
            selected.set_id || '/' || questions.{{ measure }} as set_variable_key,
            sum(questions.coefficient) as coefficient
        from selected
        inner join askable
            on
                selected.system_id = askable.system_id
                and selected.bound_id = askable.bound_id
        inner join questions
            on
                selected.bound_id = questions.bound_id
                and selected.term_number = questions.term_number
        where {{ condition }}
        group by
            selected.system_id,
            selected.bound_id,
            questions.label,
            selected.is_merged,
            selected.set_id,
            questions.{{ measure }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select * from bound_asked

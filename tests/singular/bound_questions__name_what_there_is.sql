-- Each term names different categories of its classification, as many as there can be;
-- of more than ten that overlap, all questions together name at most six.
with questions as (select * from {{ ref('bound_questions') }}),

parts as (
    select
        categories.classification_id,
        categories.category_id,
        classifications.is_mutually_exclusive,
        count(*) over (partition by categories.classification_id) as category_count
    from {{ ref('categories') }} as categories
    inner join {{ ref('classifications') }} as classifications
        on
            categories.classification_id = classifications.classification_id
            and classifications.is_exhaustive
    where categories.category_role in ('part', 'residual')
),

named as (
    select
        questions.*,
        parts.category_id,
        parts.category_count,
        parts.is_mutually_exclusive
    from questions
    left join parts
        on
            questions.classification_id = parts.classification_id
            and (
                {{ is_listed('parts.category_id', 'questions.all_of') }}
                or {{ is_listed('parts.category_id', 'questions.any_of') }}
            )
),

wrong as (
    select
        bound_id,
        'expected '
        || max({{ listed_count('all_of') }} + {{ listed_count('any_of') }})
        || ' different categories of ' || classification_id || ', it has '
        || count(category_id) || ' of them' as reason
    from named
    group by bound_id, term_number, classification_id
    having
        count(category_id)
        <> max({{ listed_count('all_of') }} + {{ listed_count('any_of') }})
    union all
    select
        questions.bound_id,
        'no combination of categories of ' || questions.classification_id
        || ' has as many as are asked for' as reason
    from questions
    left join parts on questions.classification_id = parts.classification_id
    group by questions.bound_id, questions.term_number, questions.classification_id
    having
        min(questions.categories_from) > coalesce(max(parts.category_count), 0)
        or min(questions.categories_to) < coalesce(min(questions.categories_from), 1)
        or count(parts.category_id) = 0
    union all
    select
        questions.bound_id,
        'a mean, or a divisor, of a positive number of offenders; and one label and'
        || ' measure for all terms' as reason
    from questions
    inner join {{ ref('measures') }} as measures
        on questions.measure_id = measures.measure_id
    group by questions.bound_id
    having
        count(distinct questions.label) > 1
        or count(distinct questions.measure_id) > 1
        or count(case when questions.is_divisor is null then 1 end) = 0
        or min(case
            when questions.is_divisor or measures.statistic = 'mean'
                then questions.coefficient
            else 1
        end) <= 0
        or min(measures.statistic) not in ('count', 'mean')
        or count(questions.is_divisor) > 0 and min(measures.statistic) = 'mean'
    union all
    select
        min(bound_id) as bound_id,
        'of more than ten categories of ' || classification_id
        || ', all questions together can name at most six' as reason
    from named
    where category_count > 10 and not is_mutually_exclusive
    group by classification_id
    having count(distinct category_id) > 6
)

select 'bound_questions, ' || bound_id || ': ' || reason as failure
from wrong

-- The combinations of more than ten categories told apart would be too many.
with named as (
    select
        questions.bound_id,
        questions.term_number,
        questions.classification_id,
        categories.category_id,
        ' ' || coalesce(questions.all_of, '') || ' ' || coalesce(questions.any_of, '')
        || ' ' as listed
    from {{ ref('bound_questions') }} as questions
    left join {{ ref('categories') }} as categories
        on
            questions.classification_id = categories.classification_id
            and categories.category_role in ('part', 'residual')
),

found as (
    select
        bound_id,
        term_number,
        count(category_id) as category_count,
        count(case when {{ is_listed('category_id', 'listed') }} then 1 end) as found
    from named
    group by bound_id, term_number
),

wrong as (
    select
        questions.bound_id,
        case
            when
                found.found
                <> {{ listed_count('questions.all_of') }}
                + {{ listed_count('questions.any_of') }}
                then 'expected '
                    || (
                        {{ listed_count('questions.all_of') }}
                        + {{ listed_count('questions.any_of') }}
                    )
                    || ' different categories of ' || questions.classification_id
                    || ', it has ' || found.found || ' of them'
            when
                found.category_count < coalesce(questions.categories_from, 1)
                or questions.categories_to < coalesce(questions.categories_from, 1)
                then 'no combination of categories of ' || questions.classification_id
                    || ' has as many as are asked for'
            when
                questions.coefficient <= 0
                and (questions.is_divisor or measures.statistic = 'mean')
                or coalesce(measures.statistic, '') not in ('count', 'mean')
                then 'expected a count or a mean, and a positive coefficient'
                    || ' in a mean and in a divisor'
            when
                questions.measure_id <> siblings.measure_id
                or questions.label <> siblings.label
                then 'expected one measure and one label in all its terms'
        end as reason
    from {{ ref('bound_questions') }} as questions
    inner join found
        on
            questions.bound_id = found.bound_id
            and questions.term_number = found.term_number
    inner join {{ ref('bound_questions') }} as siblings
        on questions.bound_id = siblings.bound_id
    left join {{ ref('measures') }} as measures
        on questions.measure_id = measures.measure_id
    union all
    select
        min(bound_id) as bound_id,
        'all questions together name more than ten categories of '
        || classification_id as reason
    from named
    where
        {{ is_listed('category_id', 'listed') }}
        and classification_id in (
            select classifications.classification_id
            from {{ ref('classifications') }} as classifications
            where not classifications.is_mutually_exclusive
        )
    group by classification_id
    having count(distinct category_id) > 10
)

select distinct 'bound_questions, ' || bound_id || ': ' || reason as failure
from wrong
where reason is not null

with named as (
    select
        questions.bound_id,
        questions.classification_id,
        count(categories.category_id) as found,
        max(
            {{ listed_count('questions.all_of') }}
            + {{ listed_count('questions.any_of') }}
        ) as listed
    from {{ ref('bound_questions') }} as questions
    left join {{ ref('categories') }} as categories
        on
            questions.classification_id = categories.classification_id
            and categories.category_role in ('part', 'residual')
            and (
                {{ is_listed('categories.category_id', 'questions.all_of') }}
                or {{ is_listed('categories.category_id', 'questions.any_of') }}
            )
    group by questions.bound_id, questions.classification_id
)

select
    'bound_questions, ' || bound_id || ': expected ' || listed
    || ' different categories of ' || classification_id || ', it has ' || found
    || ' of them' as failure
from named
where found <> listed

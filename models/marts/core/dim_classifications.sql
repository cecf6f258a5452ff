with classifications as (select * from {{ ref('classifications') }})

select
    classification_id,
    label,
    is_mutually_exclusive,
    is_exhaustive,
    parent_classification_id,
    parent_category_id,
    description
from classifications
order by classification_id

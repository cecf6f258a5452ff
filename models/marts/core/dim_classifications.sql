select
    classification_id,
    label,
    is_mutually_exclusive,
    is_exhaustive,
    parent_classification_id,
    parent_category_id,
    description
from {{ ref('classifications') }}
order by classification_id

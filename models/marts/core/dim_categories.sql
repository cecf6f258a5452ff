select
    classification_id || '.' || category_id as category_key,
    classification_id,
    category_id,
    label,
    sort_order,
    category_role,
    parent_category_id,
    range_from,
    range_to
from {{ ref('categories') }}
order by classification_id, sort_order

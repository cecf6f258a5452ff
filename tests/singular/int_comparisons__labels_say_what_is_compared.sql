select
    comparisons.comparison_id || ': expected the row label "'
    || comparisons.left_row_label || ' against '
    || coalesce(comparisons.right_row_label, 'the others')
    || '" and a wording that says ' || comparisons.comparator
    || ', not "' || comparisons.row_label || '" and "'
    || coalesce(comparisons.wording, 'nothing') || '"' as failure
from {{ ref('int_comparisons__staged') }} as comparisons
left join {{ ref('wordings') }} as wordings on comparisons.wording = wordings.wording
where
    comparisons.row_label <> comparisons.left_row_label || ' against '
    || coalesce(comparisons.right_row_label, 'the others')
    or coalesce(wordings.comparator, '') <> comparisons.comparator

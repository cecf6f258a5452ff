select
    comparison_id || ' (' || row_label || '): expected a printed number for '
    || case when left_observation_key is null then left_row_label else right_row_label end
    || ' in ' || compared_exhibit_id || ', column ' || compared_column_name as failure
from {{ ref('int_comparisons') }}
where left_observation_key is null or right_observation_key is null
union all
select
    comparison_id || ': expected the row label "' || left_row_label || ' against '
    || coalesce(right_row_label, 'the others') || '", not "' || row_label || '"'
        as failure
from {{ ref('stg_comparisons') }}
where
    row_label <> left_row_label || ' against '
    || coalesce(right_row_label, 'the others')
union all
select
    comparison_id || ' (' || row_label || '): expected words that compare, '
    || 'one number with another or with the others, not "'
    || coalesce(wording, 'nothing') || '"' as failure
from {{ ref('stg_comparisons') }}
where
    comparator is null
    or (comparator = 'greatest') <> (right_row_label is null)

select
    comparison_id || ' (' || row_label || '): expected a printed number for '
    || case
        when left_observation_key is null then left_row_label
        else coalesce(right_row_label, 'the others')
    end
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
union all
select
    comparisons.comparison_id || ' (' || comparisons.row_label
    || '): expected the codes of the numbers compared, '
    || lefts.category_key || ' against ' || rights.category_id || ', not '
    || stated.category_key || ' against '
    || coalesce(stated.reference_category_id, 'nothing') as failure
from {{ ref('int_comparisons') }} as comparisons
inner join {{ ref('stg_cells') }} as stated
    on
        comparisons.exhibit_id = stated.exhibit_id
        and comparisons.row_number = stated.row_number
inner join {{ ref('int_observations') }} as lefts
    on comparisons.left_observation_key = lefts.observation_key
inner join {{ ref('int_observations') }} as rights
    on comparisons.right_observation_key = rights.observation_key
where
    stated.category_key <> lefts.category_key
    or coalesce(stated.reference_category_id, '') <> rights.category_id

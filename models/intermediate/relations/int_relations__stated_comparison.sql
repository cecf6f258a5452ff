-- A comparison that the text makes holds between the numbers as printed. A difference
-- of two rounded numbers is itself rounded; "more than two years" is less than three.
with differences as (
    select
        *,
        case comparator
            when 'greater_by'
                then stated_difference - left_rounding - right_rounding
            when 'greater_by_more_than' then stated_difference
            when 'less' then null
            else 0
        end as low,
        case comparator
            when 'greater_by'
                then stated_difference + left_rounding + right_rounding
            when 'greater_by_more_than' then stated_difference + stated_unit
            when 'less' then 0
        end as high,
        case comparator
            when 'greater_by' then '[]'
            when 'greater_by_more_than' then '(]'
            else '()'
        end as bounds,
        row_label || ', "' || wording || '"' as subject
    from {{ ref('int_comparisons') }}
)

select {{ relation_term(
    id='comparison_id', observation='left_observation_key', low='low', high='high',
    bounds='bounds', is_subject='true', subject='subject',
    exhibit_id='exhibit_id'
) }}
from differences
union all
select {{ relation_term(
    id='comparison_id', observation='right_observation_key', coefficient='-1',
    low='low', high='high', bounds='bounds', subject='subject',
    exhibit_id='exhibit_id'
) }}
from differences

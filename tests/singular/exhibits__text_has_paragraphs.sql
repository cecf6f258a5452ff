with keyed as (
    select
        exhibit_id,
        row_number,
        row_label,
        locator
    from {{ ref('int_observations__staged') }}
    union
    select
        exhibit_id,
        row_number,
        row_label,
        locator
    from {{ ref('int_comparisons__staged') }}
)

select
    exhibit_id || ', row ' || row_number || ' (' || row_label
    || '): expected a paragraph, as the other rows have' as failure
from keyed
where
    locator not like '%, paragraph %'
    and exhibit_id in (
        select paragraphs.exhibit_id
        from keyed as paragraphs
        where paragraphs.locator like '%, paragraph %'
    )

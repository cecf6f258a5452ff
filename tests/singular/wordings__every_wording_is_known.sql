with used as (
    select
        exhibit_id,
        row_number,
        row_label,
        wording
    from {{ ref('int_observations__staged') }}
    where wording is not null
    union
    select
        exhibit_id,
        row_number,
        row_label,
        wording
    from {{ ref('int_comparisons__staged') }}
    where wording is not null
)

select
    used.exhibit_id || ', row ' || used.row_number || ' (' || used.row_label
    || '): expected the wording "' || used.wording
    || '" in wordings, with its category and meaning' as failure
from used
left join {{ ref('wordings') }} as wordings on used.wording = wordings.wording
where wordings.wording is null

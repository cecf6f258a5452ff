with keyed as (
    select distinct
        exhibit_id,
        row_number,
        row_label,
        locator
    from {{ ref('int_observations__staged') }}
    where locator like '%, paragraph %'
    union
    select distinct
        exhibit_id,
        row_number,
        row_label,
        locator
    from {{ ref('int_comparisons__staged') }}
    where locator like '%, paragraph %'
),

ordered as (
    select
        keyed.*,
        lag(keyed.locator) over (
            partition by keyed.exhibit_id order by keyed.row_number
        ) as locator_before
    from keyed
)

-- Locators of one heading differ in the paragraph alone.
select
    exhibit_id || ', row ' || row_number || ' (' || row_label
    || '): expected a paragraph not before that of the row above, "'
    || locator_before || '", not "' || locator
    || '"' as failure
from ordered
where
    substring(locator, 1, position(', paragraph ' in locator))
    = substring(locator_before, 1, position(', paragraph ' in locator_before))
    and (
        length(locator) < length(locator_before)
        or (length(locator) = length(locator_before) and locator < locator_before)
    )
    or locator like '%, paragraph 0%'

with keyed as (
    select
        exhibit_id,
        row_number,
        fiscal_year,
        wording,
        locator,
        footnote,
        1 as number_count
    from {{ ref('int_observations__staged') }}
    union all
    select
        exhibit_id,
        row_number,
        fiscal_year,
        wording,
        locator,
        footnote,
        0 as number_count
    from {{ ref('int_comparisons__staged') }}
),

-- A table is one place; a paragraph is one.
placed as (
    select
        keyed.*,
        case
            when keyed.locator like '%, row %'
                then substring(
                        keyed.locator, 1, position(', row ' in keyed.locator) - 1
                    )
            else keyed.locator
        end as place
    from keyed
),

counted as (
    select
        exhibit_id,
        min(row_number) as first_row,
        max(row_number) as last_row,
        count(distinct row_number) as row_count,
        sum(number_count) as number_count,
        count(distinct case when wording is not null then row_number end)
            as wording_count,
        count(distinct place) as paragraph_count
    from placed
    group by exhibit_id
),

fiscal_years as (
    select
        exhibit_id,
        string_agg(cast(fiscal_year as text), '|' order by fiscal_year) as fiscal_years
    from (
        select distinct
            exhibit_id,
            fiscal_year
        from keyed
    ) as years
    group by exhibit_id
),

footnotes as (
    select
        exhibit_id,
        string_agg(footnote, '|' order by footnote) as footnotes
    from (
        select distinct
            exhibit_id,
            footnote
        from keyed
    ) as marks
    where footnote is not null
    group by exhibit_id
),

compared as (
    select
        exhibits.exhibit_id,
        'rows 1 to '
        || exhibits.printed_row_count
        || ', '
        || exhibits.printed_number_count
        || ' numbers, ' || exhibits.printed_wording_count || ' wordings, '
        || exhibits.paragraph_count || ' paragraphs or tables, fiscal years '
        || exhibits.fiscal_years
        || ', footnotes '
        || coalesce(exhibits.footnotes, 'none')
            as printed,
        'rows ' || coalesce(counted.first_row, 0) || ' to '
        || coalesce(counted.last_row, 0)
        || case
            when counted.row_count <> counted.last_row
                then ' (only ' || counted.row_count || ' of them)'
            else ''
        end
        || ', ' || coalesce(counted.number_count, 0) || ' numbers, '
        || coalesce(counted.wording_count, 0) || ' wordings, '
        || coalesce(counted.paragraph_count, 0)
        || ' paragraphs or tables, fiscal years '
        || coalesce(fiscal_years.fiscal_years, 'none') || ', footnotes '
        || coalesce(footnotes.footnotes, 'none') as keyed
    from {{ ref('exhibits') }} as exhibits
    left join counted on exhibits.exhibit_id = counted.exhibit_id
    left join fiscal_years on exhibits.exhibit_id = fiscal_years.exhibit_id
    left join footnotes on exhibits.exhibit_id = footnotes.exhibit_id
)

select exhibit_id || ': expected ' || printed || '; keyed are ' || keyed as failure
from compared
where printed <> keyed

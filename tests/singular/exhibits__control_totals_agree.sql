with rows_keyed as (
    select
        exhibit_id,
        row_number,
        row_label,
        fiscal_year,
        wording,
        heading,
        paragraph,
        footnote,
        1 as number_count
    from {{ ref('stg_cells') }}
    union all
    select
        exhibit_id,
        row_number,
        row_label,
        fiscal_year,
        wording,
        heading,
        paragraph,
        footnote,
        0 as number_count
    from {{ ref('stg_comparisons') }}
),

-- A table is one place; a paragraph is one.
counted as (
    select
        exhibit_id,
        min(row_number) as first_row,
        max(row_number) as last_row,
        count(distinct row_number) as row_count,
        sum(number_count) as number_count,
        count(distinct case when wording is not null then row_number end)
            as wording_count,
        count(distinct heading || coalesce(' ' || paragraph, '')) as paragraph_count
    from rows_keyed
    group by exhibit_id
),

labels as (
    select
        exhibit_id,
        substring(md5(string_agg(row_label, '|' order by row_number)), 1, 8)
            as label_checksum
    from (
        select distinct
            exhibit_id,
            row_number,
            row_label
        from rows_keyed
    ) as distinct_labels
    group by exhibit_id
),

totals as (
    select
        exhibits.exhibit_id,
        'rows 1 to ' || exhibits.printed_row_count || ', '
        || exhibits.printed_number_count || ' numbers, '
        || exhibits.printed_wording_count || ' wordings, '
        || exhibits.paragraph_count
        || ' paragraphs or tables, labels with the checksum '
        || exhibits.label_checksum as printed,
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
        || ' paragraphs or tables, labels with the checksum '
        || coalesce(labels.label_checksum, 'none') as keyed
    from {{ ref('exhibits') }} as exhibits
    left join counted on exhibits.exhibit_id = counted.exhibit_id
    left join labels on exhibits.exhibit_id = labels.exhibit_id
),

marks as (
    select distinct
        exhibit_id,
        'fiscal_year' as control,
        cast(fiscal_year as text) as control_value
    from rows_keyed
    union
    select distinct
        exhibit_id,
        'footnote' as control,
        footnote as control_value
    from rows_keyed
    where footnote is not null
    union
    select distinct
        cells.exhibit_id,
        'population' as control,
        cells.population_id as control_value
    from {{ ref('stg_cells') }} as cells
    inner join {{ ref('exhibits') }} as exhibits
        on cells.exhibit_id = exhibits.exhibit_id
    where cells.population_id <> exhibits.population_id
)

select exhibit_id || ': expected ' || printed || '; keyed are ' || keyed as failure
from totals
where printed <> keyed
union all
select
    coalesce(controls.exhibit_id, marks.exhibit_id) || ': the '
    || replace(coalesce(controls.control, marks.control), '_', ' ') || ' '
    || coalesce(controls.control_value, marks.control_value)
    || case
        when marks.exhibit_id is null then ' is in exhibit_controls and not keyed'
        else ' is keyed and not in exhibit_controls'
    end as failure
from {{ ref('exhibit_controls') }} as controls
full outer join marks
    on
        controls.exhibit_id = marks.exhibit_id
        and controls.control = marks.control
        and controls.control_value = marks.control_value
where marks.exhibit_id is null or controls.exhibit_id is null

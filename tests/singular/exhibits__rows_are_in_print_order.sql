with rows_keyed as ({{ rows_keyed(['heading', 'paragraph']) }}),

ordered as (
    select
        rows_keyed.*,
        lag(heading) over rows_of_print as heading_before,
        lag(paragraph) over rows_of_print as paragraph_before,
        lag(row_number) over rows_of_print as row_number_before
    from rows_keyed
    window rows_of_print as (partition by exhibit_id order by row_number)
)

select
    concat(
        exhibit_id, ', row ', row_number, ' (', row_label, '): expected ',
        case
            when row_number = row_number_before then 'one label and place a row'
            when paragraph < 1 then 'a paragraph counted from 1'
            when paragraph is null or paragraph_before is null
                then 'a paragraph in every row or in none'
            else concat('a paragraph from ', paragraph_before, ', as the row above')
        end,
        ', not ', coalesce(cast(paragraph as {{ dbt.type_string() }}), 'none')
    ) as failure
from ordered
where
    paragraph < 1
    or row_number = row_number_before
    or (
        row_number_before is not null
        and (paragraph is null) <> (paragraph_before is null)
    )
    or (heading = heading_before and paragraph < paragraph_before)

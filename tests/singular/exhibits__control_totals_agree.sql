with rows_keyed as ({{ rows_keyed(['wording']) }}),

keyed as (
    select
        exhibit_id,
        count(wording) || ' wordings and labels with the checksum '
        || substring(md5({{ joined('row_label', '|', 'row_number') }}), 1, 8)
            as totals
    from rows_keyed
    group by exhibit_id
)

select
    exhibits.exhibit_id || ': expected ' || exhibits.printed_wording_count
    || ' wordings and labels with the checksum ' || exhibits.label_checksum
    || '; keyed are ' || coalesce(keyed.totals, 'no rows') as failure
from {{ ref('exhibits') }} as exhibits
left join keyed on exhibits.exhibit_id = keyed.exhibit_id
where
    coalesce(keyed.totals, '') <> exhibits.printed_wording_count
    || ' wordings and labels with the checksum ' || exhibits.label_checksum

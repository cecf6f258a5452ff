select
    exhibit_id || ', row ' || row_number || ' (' || row_label || '), column '
    || column_name || ': its row or column gives no '
    || case when population_id is null then 'population ' else '' end
    || case when fiscal_year is null then 'fiscal year ' else '' end
    || case when measure_id is null then 'measure ' else '' end
    || case when heading is null then 'heading ' else '' end as failure
from {{ ref('stg_cells') }}
where
    population_id is null
    or fiscal_year is null
    or measure_id is null
    or heading is null
union all
select
    cells.exhibit_id || ', row ' || cells.row_number || ' (' || cells.row_label
    || '): both the row and the column ' || cells.column_name || ' give a measure'
        as failure
from {{ source('raw', 'cells') }} as cells
inner join {{ ref('exhibit_columns') }} as exhibit_columns
    on
        cells.exhibit_id = exhibit_columns.exhibit_id
        and cells.column_name = exhibit_columns.column_name
where cells.measure_id is not null
union all
select
    exhibit_columns.exhibit_id || ': the column ' || exhibit_columns.column_name
    || ' of exhibit_columns has no number in the exhibit' as failure
from {{ ref('exhibit_columns') }} as exhibit_columns
left join {{ source('raw', 'cells') }} as cells
    on
        exhibit_columns.exhibit_id = cells.exhibit_id
        and exhibit_columns.column_name = cells.column_name
where cells.exhibit_id is null

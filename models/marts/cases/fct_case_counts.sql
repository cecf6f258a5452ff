with cells as (
    select * from {{ ref('int_case_cells') }}
    where case_measure_id = 'all'
),

wholes as (
    select * from cells
    where classification_id = 'population_total'
)

select
    cells.fiscal_year,
    cells.type_of_crime,
    cells.classification_id,
    cells.category_key,
    cells.case_count,
    case when not coalesce(not_known.is_hidden, false)
            then wholes.case_count - coalesce(not_known.case_count, 0)
    end as known_case_count,
    wholes.case_count as all_case_count,
    cells.is_hidden
from cells
inner join wholes
    on
        cells.fiscal_year = wholes.fiscal_year
        and cells.type_of_crime = wholes.type_of_crime
left join cells as not_known
    on
        cells.fiscal_year = not_known.fiscal_year
        and cells.type_of_crime = not_known.type_of_crime
        and cells.classification_id = not_known.classification_id
        and not_known.category_key = 'not known'
where cells.category_key <> 'not known'

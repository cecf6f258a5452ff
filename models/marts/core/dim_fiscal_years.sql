with observations as (select * from {{ ref('int_observations') }}),

fiscal_years as (
    select fiscal_year from observations
    union
    select reference_fiscal_year as fiscal_year from observations
    where reference_fiscal_year is not null
)

-- A federal fiscal year runs from October of the year before to September.
select
    fiscal_year,
    cast((fiscal_year - 1) || '-10-01' as date) as starts_on,
    cast(fiscal_year || '-09-30' as date) as ends_on
from fiscal_years
order by fiscal_year

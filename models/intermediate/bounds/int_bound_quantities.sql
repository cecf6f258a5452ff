-- A population with counts of overlapping categories is a system: its counts and means
-- in a fiscal year, those of populations formed from it, and the wholes that they are
-- part of. The first hundred are bounded. A mean's variable is the mean x its count.
with quantities as not materialized (
    select * from {{ ref('int_quantities') }}
    where statistic in ('count', 'mean')
),

overlapping as (
    select
        quantities.fiscal_year,
        quantities.population_id,
        row_number() over (order by quantities.fiscal_year, quantities.population_id)
            as system_number
    from quantities
    inner join {{ ref('classifications') }} as classifications
        on
            quantities.classification_id = classifications.classification_id
            and not classifications.is_mutually_exclusive
            and classifications.is_exhaustive
    where quantities.origin <> 'unknown' and quantities.category_role = 'part'
    group by quantities.fiscal_year, quantities.population_id
),

related as (
    select
        overlapping.fiscal_year || '/' || overlapping.population_id as system_id,
        quantities.quantity_key,
        quantities.whole_key
    from quantities
    inner join {{ ref('populations') }} as populations
        on quantities.population_id = populations.population_id
    inner join overlapping
        on
            quantities.fiscal_year = overlapping.fiscal_year
            and overlapping.population_id
            in (populations.population_id, populations.parent_population_id)
            and overlapping.system_number <= 100
),

members as (
    select
        system_id,
        quantity_key
    from related
    union
    select
        system_id,
        whole_key as quantity_key
    from related
    where whole_key is not null
)

select
    members.system_id,
    quantities.*,
    wholes.series_key as whole_variable_key,
    counts.series_key as count_variable_key
from members
inner join quantities on members.quantity_key = quantities.quantity_key
left join quantities as wholes on quantities.whole_key = wholes.quantity_key
left join quantities as counts on quantities.count_key = counts.quantity_key

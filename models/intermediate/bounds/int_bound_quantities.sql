-- A population is a system, in a fiscal year, if it has counts of overlapping
-- categories or a count that is not printed but follows: its counts and means, those of
-- populations formed from it, and the wholes that they are part of. A mean's variable
-- is the mean x its count. Only systems that the solver is asked for, or was, are here.
with int_quantities as {{ not_materialized() }} (
    select * from {{ ref('int_quantities') }}
    where statistic in ('count', 'mean')
),

asked as (
    select system_id from {{ ref('stg_bound_proposals') }}
    where system_id is not null
    union
    select numbers.fiscal_year || '/' || numbers.population_id as system_id
    from int_quantities as numbers
    inner join {{ ref('stg_bound_proposals') }} as proposals on proposals.kind = 'ask'
),

-- The populations of the systems, and those formed from them.
asked_populations as (
    select distinct
        populations.population_id,
        populations.parent_population_id
    from {{ ref('populations') }} as populations
    inner join asked
        on
            split_part(asked.system_id, '/', 2)
            in (populations.population_id, populations.parent_population_id)
),

-- Where several of exclusive categories are left, each can have all that is left.
quantities as (
    select
        int_quantities.*,
        int_quantities.fiscal_year || '/' || int_quantities.population_id as system_of,
        populations.parent_population_id,
        not classifications.is_mutually_exclusive
        and classifications.is_exhaustive
        and int_quantities.origin <> 'unknown' as is_overlapping,
        int_quantities.statistic = 'count'
        and case int_quantities.origin
            when 'percentage' then true
            when 'unknown' then
                not classifications.is_mutually_exclusive
                or count(case when int_quantities.origin = 'unknown' then 1 end) over (
                    partition by
                        int_quantities.fiscal_year,
                        int_quantities.population_id,
                        int_quantities.classification_id,
                        int_quantities.measure_id
                ) = 1
        end as is_bounded
    from int_quantities
    inner join asked_populations as populations
        on int_quantities.population_id = populations.population_id
    inner join {{ ref('classifications') }} as classifications
        on int_quantities.classification_id = classifications.classification_id
),

systems as (
    select distinct
        asked.system_id,
        quantities.fiscal_year,
        quantities.population_id
    from quantities
    inner join asked on quantities.system_of = asked.system_id
    where quantities.is_bounded or quantities.is_overlapping
),

related as (
    select
        systems.system_id,
        quantities.quantity_key,
        quantities.whole_key,
        quantities.is_bounded
    from quantities
    inner join systems
        on
            quantities.fiscal_year = systems.fiscal_year
            and systems.population_id
            in (quantities.population_id, quantities.parent_population_id)
),

members as (
    select
        system_id,
        quantity_key,
        is_bounded
    from related
    union
    select
        wholes.system_id,
        wholes.whole_key as quantity_key,
        false as is_bounded
    from related as wholes
    left join related as inside
        on
            wholes.system_id = inside.system_id
            and wholes.whole_key = inside.quantity_key
    where wholes.whole_key is not null and inside.quantity_key is null
)

select
    members.system_id,
    members.is_bounded,
    quantities.*,
    wholes.series_key as whole_variable_key,
    counts.series_key as count_variable_key
from members
inner join int_quantities as quantities
    on members.quantity_key = quantities.quantity_key
left join int_quantities as wholes on quantities.whole_key = wholes.quantity_key
left join int_quantities as counts on quantities.count_key = counts.quantity_key

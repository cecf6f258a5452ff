-- A population is a system, in a fiscal year, if it has counts of overlapping categories
-- or a count that is not printed but follows: its counts and means, those of populations
-- formed from it, and the wholes that they are part of. A mean's variable is the mean x
-- its count. Only systems that the solver is asked for, or has been, are here.
with asked as (
    select distinct
        kind = 'ask' as is_all,
        system_id,
        split_part(system_id, '/', 2) as population_id
    from {{ ref('stg_bound_proposals') }}
),

int_quantities as not materialized (
    select * from {{ ref('int_quantities') }}
    where statistic in ('count', 'mean')
),

quantities as (
    select
        int_quantities.*,
        int_quantities.fiscal_year || '/' || int_quantities.population_id as system_id,
        populations.parent_population_id,
        not classifications.is_mutually_exclusive
        and classifications.is_exhaustive as is_overlapping,
        sum(case when int_quantities.origin = 'unknown' then 1 else 0 end) over (
            partition by
                int_quantities.fiscal_year,
                int_quantities.population_id,
                int_quantities.classification_id,
                int_quantities.measure_id
        ) as unknown_count
    from int_quantities
    inner join {{ ref('populations') }} as populations
        on int_quantities.population_id = populations.population_id
    inner join {{ ref('classifications') }} as classifications
        on int_quantities.classification_id = classifications.classification_id
    where
        int_quantities.population_id in (select asked.population_id from asked)
        or populations.parent_population_id in (select asked.population_id from asked)
        or true in (select asked.is_all from asked)
),

-- Where several of exclusive categories are left, each can have all that is left.
bounded as (
    select
        *,
        statistic = 'count'
        and (
            origin = 'percentage'
            or (origin = 'unknown' and (is_overlapping or unknown_count = 1))
        ) as is_bounded
    from quantities
),

systems as (
    select distinct
        system_id,
        fiscal_year,
        population_id
    from bounded
    where
        (is_bounded or (is_overlapping and origin <> 'unknown'))
        and (
            system_id in (select asked.system_id from asked)
            or true in (select asked.is_all from asked)
        )
),

related as (
    select
        systems.system_id,
        bounded.quantity_key,
        bounded.whole_key,
        bounded.is_bounded
    from bounded
    inner join systems
        on
            bounded.fiscal_year = systems.fiscal_year
            and systems.population_id
            in (bounded.population_id, bounded.parent_population_id)
),

members as (
    select
        system_id,
        quantity_key,
        is_bounded
    from related
    union all
    select
        system_id,
        whole_key as quantity_key,
        false as is_bounded
    from related
    where whole_key is not null
),

of_system as (
    select
        system_id,
        quantity_key,
        bool_or(is_bounded) as is_bounded
    from members
    group by system_id, quantity_key
)

select
    of_system.system_id,
    of_system.is_bounded,
    quantities.*,
    wholes.series_key as whole_variable_key,
    counts.series_key as count_variable_key
from of_system
inner join int_quantities as quantities
    on of_system.quantity_key = quantities.quantity_key
left join int_quantities as wholes on quantities.whole_key = wholes.quantity_key
left join int_quantities as counts on quantities.count_key = counts.quantity_key

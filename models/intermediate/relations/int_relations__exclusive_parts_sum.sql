-- Parts that exclude one another sum to their whole; those in any of overlapping
-- categories and those in none do, too. A part that is not printed is a term as well. A
-- group of parts that is printed stands for them unless all of them are.
with groups as (
    select distinct
        groups.family_key,
        groups.category_id
    from {{ ref('int_quantities') }} as groups
    inner join {{ ref('int_quantities') }} as members
        on
            groups.family_key = members.family_key
            and groups.category_id = members.parent_category_id
    where groups.category_role = 'group' and members.origin = 'unknown'
),

parts as (
    select
        quantities.*,
        classifications.label,
        classifications.is_exhaustive,
        classifications.is_mutually_exclusive,
        case
            when quantities.statistic = 'percent'
                and classifications.parent_category_id is null then 100
            when quantities.whole_key is not null then 0
        end as sum_of_parts
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('classifications') }} as classifications
        on quantities.classification_id = classifications.classification_id
    left join groups
        on
            quantities.family_key = groups.family_key
            and groups.category_id
            in (quantities.category_id, quantities.parent_category_id)
    where
        quantities.statistic in ('count', 'percent')
        and case
            when classifications.is_mutually_exclusive
                then
                    case
                        when groups.category_id is null
                            then quantities.category_role in ('part', 'residual')
                        else quantities.category_role = 'group'
                    end
            else quantities.category_role in ('any', 'none')
        end
),

sums as (
    select
        family_key,
        min(classification_id)
        || case when bool_and(is_mutually_exclusive) then '.' else '.use.' end
        || min(statistic) || ':' || min(observation_id) as id,
        min(label) || case
            when bool_and(is_mutually_exclusive) then ': sum of the parts, '
            else ': any and none, '
        end || min(statistic) as subject,
        min(whole_key) as whole_key,
        case when bool_and(is_exhaustive) then min(sum_of_parts) end as low,
        min(sum_of_parts) as high
    from parts
    where sum_of_parts is not null
    group by family_key
    having count(observation_id) > 0
)

select {{ relation_term(
    id='sums.id', quantity='parts.quantity_key', low='sums.low', high='sums.high',
    is_subject="parts.origin <> 'unknown'", subject='sums.subject'
) }}
from sums
inner join parts on sums.family_key = parts.family_key
union all
select {{ relation_term(
    id='id', quantity='whole_key', coefficient='-1', low='low', high='high',
    subject='subject'
) }}
from sums
where whole_key is not null

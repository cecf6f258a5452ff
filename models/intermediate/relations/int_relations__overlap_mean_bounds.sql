-- What those in any of several overlapping categories add up to (months, for a mean
-- sentence) is at least that of each category and at most the sum of all, which counts
-- some of them twice. With those in none it is that of the whole population.
with quantities as (
    select
        means.*,
        classifications.label,
        counts.quantity_key as exact_count_key,
        counts.value_low as exact_count
    from {{ ref('int_quantities') }} as means
    inner join {{ ref('classifications') }} as classifications
        on
            means.classification_id = classifications.classification_id
            and not classifications.is_mutually_exclusive
            and classifications.is_exhaustive
    inner join {{ ref('int_quantities') }} as counts
        on
            means.count_key = counts.quantity_key
            and counts.value_low = counts.value_high
    where means.statistic = 'mean'
),

parts as (
    select
        quantities.*,
        count(*) over (partition by quantities.whole_key, quantities.classification_id)
            as part_count
    from quantities
    where quantities.category_role = 'part'
),

named as (
    select
        classification_id,
        count(*) as part_count
    from {{ ref('categories') }}
    where category_role = 'part'
    group by classification_id
),

unions as (
    select distinct
        parts.classification_id,
        parts.whole_key,
        parts.part_count = named.part_count as is_complete,
        parts.label || ': mean of those in any or none' as subject,
        wholes.observation_id,
        nones.quantity_key as none_key,
        nones.exact_count_key as none_count_key,
        nones.exact_count as none_count,
        whole_counts.quantity_key as whole_count_key,
        whole_counts.value_low as whole_count
    from parts
    inner join named on parts.classification_id = named.classification_id
    inner join {{ ref('int_quantities') }} as wholes
        on parts.whole_key = wholes.quantity_key
    inner join {{ ref('int_quantities') }} as whole_counts
        on
            wholes.count_key = whole_counts.quantity_key
            and whole_counts.value_low = whole_counts.value_high
    left join quantities as nones
        on
            parts.whole_key = nones.whole_key
            and parts.classification_id = nones.classification_id
            and nones.category_role = 'none'
    where nones.quantity_key is not null or wholes.category_role <> 'total'
),

bounds as (
    select
        unions.*,
        unions.classification_id || ':' || unions.observation_id as id,
        cast(null as bigint) as part_key,
        cast(null as integer) as low,
        0 as high
    from unions
    where unions.is_complete
    union all
    select
        unions.*,
        unions.classification_id || '.' || parts.category_id
        || ':' || unions.observation_id as id,
        parts.quantity_key as part_key,
        0 as low,
        cast(null as integer) as high
    from unions
    inner join parts
        on
            unions.whole_key = parts.whole_key
            and unions.classification_id = parts.classification_id
)

select {{ relation_term(
    id='id', quantity='whole_key', coefficient='whole_count',
    coefficient_of='whole_count_key', low='low', high='high', is_subject='true',
    subject='subject'
) }}
from bounds
union all
select {{ relation_term(
    id='id', quantity='none_key', coefficient='-none_count',
    coefficient_of='none_count_key', low='low', high='high', subject='subject'
) }}
from bounds
where none_key is not null
union all
select {{ relation_term(
    id='bounds.id', quantity='parts.quantity_key', coefficient='-parts.exact_count',
    coefficient_of='parts.exact_count_key', low='bounds.low', high='bounds.high',
    subject='bounds.subject'
) }}
from bounds
inner join parts
    on
        bounds.whole_key = parts.whole_key
        and bounds.classification_id = parts.classification_id
        and coalesce(bounds.part_key, parts.quantity_key) = parts.quantity_key

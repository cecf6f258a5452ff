-- The mean of a whole is the mean of its exclusive parts, weighted by their counts. A
-- count that is missing is what the others leave of the whole's. Where counts are not
-- known exactly, printed shares are the weights, and their rounding widens the limits.
with means as (
    select
        means.*,
        classifications.label,
        classifications.is_mutually_exclusive,
        measures.of_measure_id
    from {{ ref('int_quantities') }} as means
    inner join {{ ref('measures') }} as measures
        on means.measure_id = measures.measure_id
    inner join {{ ref('classifications') }} as classifications
        on
            means.classification_id = classifications.classification_id
            and classifications.is_exhaustive
    where
        means.statistic = 'mean'
        and case
            when classifications.is_mutually_exclusive
                then means.category_role in ('part', 'residual')
            else means.category_role in ('any', 'none')
        end
),

parts as (
    select
        means.*,
        wholes.value_low as whole_low,
        wholes.value_high as whole_high,
        wholes.observation_id as whole_observation_id,
        whole_counts.quantity_key as whole_count_key,
        case when whole_counts.value_low = whole_counts.value_high
                then whole_counts.value_low
        end as whole_count,
        counts.quantity_key as exact_count_key,
        counts.value_low as exact_count,
        shares.quantity_key as share_key,
        (shares.value_low + shares.value_high) * 0.5 as share,
        (shares.value_high - shares.value_low) * 0.5 as share_rounding
    from means
    inner join {{ ref('int_quantities') }} as wholes
        on means.whole_key = wholes.quantity_key
    left join {{ ref('int_quantities') }} as whole_counts
        on wholes.count_key = whole_counts.quantity_key
    left join {{ ref('int_quantities') }} as counts
        on
            means.count_key = counts.quantity_key
            and counts.value_low = counts.value_high
    left join {{ ref('int_quantities') }} as shares
        on
            means.fiscal_year = shares.fiscal_year
            and means.population_id = shares.population_id
            and means.category_key = shares.category_key
            and shares.statistic = 'percent'
            and shares.origin = 'printed'
),

sums as (
    select
        whole_key,
        classification_id,
        classification_id
        || case when bool_and(is_mutually_exclusive) then '' else '.use' end as id,
        min(whole_observation_id) as whole_observation_id,
        min(label) || ': weighted mean of the parts' as subject,
        min(whole_count_key) as whole_count_key,
        min(whole_count) as whole_count,
        coalesce(sum(exact_count), 0) as exact_counts,
        count(*) - count(exact_count) as missing_counts,
        coalesce(
            count(*) - count(exact_count) <= 1
            and coalesce(sum(exact_count), 0) <= min(whole_count), false
        ) as is_counted,
        case when count(*) = count(share) and count(*) = count(observation_id)
                then sum(share)
        end as shares,
        sum(share_rounding) * max(
            greatest(value_high - whole_low, whole_high - value_low)
        ) as tolerance
    from parts
    group by whole_key, classification_id
),

weighted as (
    select
        whole_key,
        classification_id,
        subject,
        is_counted,
        id || case when is_counted then '' else '.shares' end
        || ':' || whole_observation_id as id,
        whole_count - exact_counts as missing_count,
        case
            when not is_counted then shares
            when missing_counts = 0 then exact_counts
            else whole_count
        end as whole_weight,
        case when is_counted then whole_count_key end as whole_weight_key,
        case when is_counted then 0 else tolerance end as tolerance
    from sums
    where is_counted or shares is not null
)

select {{ relation_term(
    id='weighted.id', quantity='parts.quantity_key',
    coefficient='case when weighted.is_counted'
    ~ ' then coalesce(parts.exact_count, weighted.missing_count) else parts.share end',
    coefficient_of='case when weighted.is_counted'
    ~ ' then parts.exact_count_key else parts.share_key end',
    low='-weighted.tolerance', high='weighted.tolerance', subject='weighted.subject'
) }}
from weighted
inner join parts
    on
        weighted.whole_key = parts.whole_key
        and weighted.classification_id = parts.classification_id
union all
select {{ relation_term(
    id='id', quantity='whole_key', coefficient='-whole_weight',
    coefficient_of='whole_weight_key', low='-tolerance', high='tolerance',
    is_subject='true', subject='subject'
) }}
from weighted

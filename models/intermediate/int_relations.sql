-- Every relation, evaluated: coefficient x value, summed over its terms, against its
-- limits, in whole numbers of 10^-8. A number that is not printed has its measure's limits.
-- A word such as life is no number: it has the factor 0, and its limits say whether it holds.
with terms as (
    select
        relation_terms.*,
        coalesce(quantities.observation_id, observations.observation_id)
            as observation_id,
        coalesce(quantities.printed_value, observations.printed_value) as printed_value,
        case
            when quantities.origin = 'percentage' then {{ interval_in_words(
                'quantities.value_low', 'quantities.value_high'
            ) }}
            when quantities.origin = 'unknown' then 'one that is not printed'
            else coalesce(quantities.printed_value, observations.printed_value)
        end || coalesce(
            ' (' || coalesce(quantities.observation_id, observations.observation_id)
            || ')', ''
        ) as in_words,
        quantities.sort_order,
        quantities.statistic,
        {{ ten_thousandths('relation_terms.coefficient') }} as factor,
        {{ ten_thousandths('coalesce(quantities.value_low, observations.obs_value)') }}
            as value_low,
        {{ ten_thousandths('coalesce(quantities.value_high, observations.obs_value)') }}
            as value_high,
        {{ ten_thousandths('coalesce(quantities.value_from, measures.value_from)') }}
            as value_from,
        {{ ten_thousandths('coalesce(quantities.value_to, measures.value_to)') }}
            as value_to
    from {{ ref('int_relation_terms') }} as relation_terms
    left join {{ ref('int_quantities') }} as quantities
        on relation_terms.quantity_key = quantities.quantity_key
    left join {{ ref('int_observations') }} as observations
        on relation_terms.observation_key = observations.observation_key
    left join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
),

products as (
    select
        terms.*,
        case
            when factor = 0 then 0
            when factor > 0 then factor * value_low
            else factor * value_high
        end as product_low,
        case
            when factor = 0 then 0
            when factor > 0 then factor * value_high
            else factor * value_low
        end as product_high
    from terms
),

-- The subject is what the check is about, the rest is given.
sums as (
    select
        relation_id,
        min(rule_id) as rule_id,
        min(low) as low,
        min(high) as high,
        min(bounds) as bounds,
        min(subject) as subject,
        min(note) as note,
        min(exhibit_id) as exhibit_id,
        min(case when is_subject then observation_id end) as observation_id,
        string_agg(
            case when is_subject then printed_value end, ' + '
            order by sort_order, observation_id
        ) as printed_value,
        count(case when is_subject then 1 end) as subject_terms,
        min(case when is_subject then statistic end) as statistic,
        min(case when is_subject then factor end) as least_factor,
        max(case when is_subject then factor end) as greatest_factor,
        case when count(case when is_subject then product_low end)
            = count(case when is_subject then 1 end)
            then sum(case when is_subject then product_low end)
        end as subject_low,
        case when count(case when is_subject then product_high end)
            = count(case when is_subject then 1 end)
            then sum(case when is_subject then product_high end)
        end as subject_high,
        case when count(case when not is_subject then product_low end)
            = count(case when not is_subject then 1 end)
            then coalesce(sum(case when not is_subject then product_low end), 0)
        end as given_low,
        case when count(case when not is_subject then product_high end)
            = count(case when not is_subject then 1 end)
            then coalesce(sum(case when not is_subject then product_high end), 0)
        end as given_high,
        sum(case when is_subject then abs(factor) * value_from end) as domain_low,
        case when count(case when is_subject then value_to end)
            = count(case when is_subject then 1 end)
            then sum(case when is_subject then abs(factor) * value_to end)
        end as domain_high,
        coalesce(sum(
            case when is_subject and quantity_key is not null
                then abs(factor) * (value_high - value_low)
            end
        ), 0) as subject_width,
        count(case when not is_subject then 1 end) as given_terms,
        string_agg(
            case when not is_subject then
                case when factor > 0 then '|+' else '|-' end
                || case
                    when abs(factor) in (0, 10000) then ''
                    else {{ number_in_words('abs(coefficient)') }} || ' x '
                end || in_words
            end, ''
            order by factor, sort_order, observation_id
        ) as given_in_words
    from products
    group by relation_id
),

-- What the rest and the limits leave for the subject, times the subject's factor.
evaluated as (
    select
        sums.*,
        case
            when least_factor = greatest_factor and least_factor <> 0
                then abs(least_factor)
            else 10000
        end as divisor,
        cast(low * 100000000 as decimal(38, 0)) as sum_from,
        cast(high * 100000000 as decimal(38, 0)) as sum_to,
        case
            when least_factor > 0
                then cast(low * 100000000 as decimal(38, 0)) - given_high
            else given_low - cast(high * 100000000 as decimal(38, 0))
        end as left_from,
        case
            when least_factor > 0
                then cast(high * 100000000 as decimal(38, 0)) - given_low
            else given_high - cast(low * 100000000 as decimal(38, 0))
        end as left_to
    from sums
),

judged as (
    select
        evaluated.*,
        coalesce(
            case
                when bounds in ('(]', '()') then subject_high + given_high > sum_from
                else subject_high + given_high >= sum_from
            end, true
        )
        and coalesce(
            case
                when bounds in ('[)', '()') then subject_low + given_low < sum_to
                else subject_low + given_low <= sum_to
            end, true
        ) as is_consistent,
        (
            left_from is null
            or coalesce(left_from - 0.5 * subject_width <= domain_low, false)
        )
        and (
            left_to is null
            or coalesce(left_to + 0.5 * subject_width >= domain_high, false)
        ) as is_vacuous,
        case
            when least_factor = 0 then null
            when left_from = left_to then {{ of_ten_thousandths(whole_division('left_from', 'divisor', 'nearest')) }}
            else {{ of_ten_thousandths(whole_division('left_from', 'divisor', 'down')) }}
        end as left_low,
        case
            when least_factor = 0 then null
            when left_from = left_to then {{ of_ten_thousandths(whole_division('left_to', 'divisor', 'nearest')) }}
            else {{ of_ten_thousandths(whole_division('left_to', 'divisor', 'up')) }}
        end as left_high
    from evaluated
),

relations as (
    select
        relation_id,
        rule_id,
        low,
        high,
        bounds,
        subject,
        note,
        exhibit_id,
        observation_id,
        printed_value,
        -- A count is never less than none.
        case
            when statistic = 'count' and subject_terms = 1
                then greatest(coalesce(left_low, 0), 0)
            else left_low
        end as expected_low,
        left_high as expected_high,
        is_consistent,
        is_vacuous,
        divisor,
        least_factor >= 0 as is_subject_added,
        -- What the subject comes to, its factor aside.
        {{ of_ten_thousandths(whole_division(
            'case when least_factor > 0 then subject_low else -subject_high end',
            'divisor', 'down'
        )) }} as subject_low,
        {{ of_ten_thousandths(whole_division(
            'case when least_factor > 0 then subject_high else -subject_low end',
            'divisor', 'up'
        )) }} as subject_high,
        given_in_words
    from judged
)

select * from relations

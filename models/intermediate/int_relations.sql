-- Every relation, evaluated: coefficient x value, summed over its terms, against its
-- limits, in whole numbers of 10^-8. A number that is not printed has the limits of its
-- measure.
with terms as {{ not_materialized() }} (
    select
        relation_terms.*,
        coalesce(quantities.observation_id, observations.observation_id)
            as observation_id,
        coalesce(quantities.printed_value, observations.printed_value) as printed_value,
        case
            when relation_terms.is_subject then null
            when quantities.origin = 'percentage'
                then {{ interval_in_words(
                    'quantities.value_low', 'quantities.value_high'
                ) }}
            when quantities.origin = 'unknown' then 'one that is not printed'
        end as unprinted_in_words,
        quantities.sort_order,
        quantities.statistic,
        {{ wide(ten_thousandths('relation_terms.coefficient')) }} as factor,
        {{ wide(ten_thousandths(
            'coalesce(quantities.value_low, observations.obs_value)'
        )) }} as value_low,
        {{ wide(ten_thousandths(
            'coalesce(quantities.value_high, observations.obs_value)'
        )) }} as value_high,
        {{ wide(ten_thousandths(
            'coalesce(quantities.value_from, measures.value_from)'
        )) }} as value_from,
        {{ wide(ten_thousandths(
            'coalesce(quantities.value_to, measures.value_to)'
        )) }} as value_to
    from {{ ref('int_relation_terms') }} as relation_terms
    left join {{ ref('int_quantities') }} as quantities
        on relation_terms.quantity_key = quantities.quantity_key
    left join {{ ref('int_observations') }} as observations
        on relation_terms.observation_key = observations.observation_key
    left join {{ ref('measures') }} as measures
        on observations.measure_id = measures.measure_id
),

-- The subject is what the check is about, the rest is given.
products as {{ not_materialized() }} (
    select
        terms.*,
        case when is_subject then printed_value end as subject_printed,
        case when not is_subject then
                case when factor > 0 then '|+' else '|-' end
                || case
                    when abs(factor) in (0, 10000) then ''
                    else {{ number_in_words('abs(coefficient)') }} || ' x '
                end
                || coalesce(unprinted_in_words, printed_value)
                || coalesce(' (' || observation_id || ')', '')
        end as given_in_words,
        {{ product('factor', 'value_low', 'value_high') }} as product_low,
        {{ product('factor', 'value_high', 'value_low') }} as product_high
    from terms
),

-- Few relations have several subjects or several other terms: only theirs are sorted.
many as (
    select relation_id
    from {{ ref('int_relation_terms') }}
    group by relation_id
    having count(*) > 2 or count(case when is_subject then 1 end) > 1
),

lists as (
    select
        products.relation_id,
        {{ joined(
            'products.subject_printed', ' + ', 'products.sort_order, products.quantity_key'
        ) }} filter (where products.is_subject) as printed_value,
        {{ joined(
            'products.given_in_words', '',
            'products.factor, products.sort_order, products.quantity_key'
        ) }} filter (where not products.is_subject) as given_in_words
    from many
    inner join products on many.relation_id = products.relation_id
    group by products.relation_id
),

totals as (
    select
        relation_id,
        min(low) as low,
        min(high) as high,
        min(bounds) as bounds,
        min(subject) as subject,
        min(note) as note,
        min(exhibit_id) as exhibit_id,
        min(case when is_subject then observation_id end) as observation_id,
        min(subject_printed) as first_printed,
        min(given_in_words) as first_given,
        count(case when is_subject then 1 end) as subject_terms,
        min(case when is_subject then statistic end) as statistic,
        min(case when is_subject then factor end) as least_factor,
        max(case when is_subject then factor end) as greatest_factor,
        -- Empty where a term has no limit.
        {%- for name, of, value in [
            ('subject_low', 'is_subject', 'product_low'),
            ('subject_high', 'is_subject', 'product_high'),
            ('given_low', 'not is_subject', 'product_low'),
            ('given_high', 'not is_subject', 'product_high'),
            ('domain_low', 'is_subject', 'abs(factor) * value_from'),
            ('domain_high', 'is_subject', 'abs(factor) * value_to'),
        ] %}
            case
                when count(*) filter (where {{ of }} and {{ value }} is null) = 0
                    then coalesce(sum({{ value }}) filter (where {{ of }}), 0)
            end as {{ name }},
        {%- endfor %}
        coalesce(sum(
            case when is_subject and quantity_key is not null
                    then abs(factor) * (value_high - value_low)
            end
        ), 0) as subject_width
    from products
    group by relation_id
),

-- What the rest and the limits leave for the subject, times the subject's factor.
evaluated as (
    select
        totals.*,
        split_part(totals.relation_id, ':', 1) as rule_id,
        coalesce(lists.printed_value, totals.first_printed) as printed_value,
        coalesce(lists.given_in_words, totals.first_given) as given_in_words,
        totals.statistic = 'count' and totals.subject_terms = 1 as is_count,
        totals.least_factor > 0 as is_subject_added,
        totals.least_factor = 0 as is_of_words,
        case
            when
                totals.least_factor = totals.greatest_factor
                and totals.least_factor <> 0
                then abs(totals.least_factor)
            else 10000
        end as divisor,
        totals.subject_low + totals.given_low as sum_low,
        totals.subject_high + totals.given_high as sum_high,
        {{ hundred_millionths('totals.low') }} as sum_from,
        {{ hundred_millionths('totals.high') }} as sum_to,
        case
            when totals.least_factor > 0
                then {{ hundred_millionths('totals.low') }} - totals.given_high
            else totals.given_low - {{ hundred_millionths('totals.high') }}
        end as left_from,
        case
            when totals.least_factor > 0
                then {{ hundred_millionths('totals.high') }} - totals.given_low
            else totals.given_high - {{ hundred_millionths('totals.low') }}
        end as left_to
    from totals
    left join lists on totals.relation_id = lists.relation_id
),

judged as (
    select
        evaluated.*,
        coalesce(
            case
                when bounds in ('(]', '()') then sum_high > sum_from
                else sum_high >= sum_from
            end, true
        )
        and coalesce(
            case
                when bounds in ('[)', '()') then sum_low < sum_to
                else sum_low <= sum_to
            end, true
        ) as is_consistent,
        (
            left_from is null
            or coalesce(2 * left_from - subject_width <= 2 * domain_low, false)
        )
        and (
            left_to is null
            or coalesce(2 * left_to + subject_width >= 2 * domain_high, false)
        ) as is_vacuous,
        {{ of_ten_thousandths(whole_division(
            'left_from', 'divisor', 'down'
        )) }} as left_low,
        {{ of_ten_thousandths(whole_division(
            'left_to', 'divisor', 'up'
        )) }} as left_high,
        case when left_from = left_to then {{ of_ten_thousandths(whole_division(
            'left_from', 'divisor', 'nearest'
        )) }} end as left_exactly
    from evaluated
)

-- A declaration covers a relation only while the print is the one that it describes.
select
    judged.relation_id,
    judged.rule_id,
    coalesce(judged.exhibit_id, observations.exhibit_id) as exhibit_id,
    observations.fiscal_year,
    judged.observation_id,
    judged.low,
    judged.high,
    judged.bounds,
    coalesce(
        judged.subject, observations.row_label || ', ' || observations.column_name
    ) as subject,
    judged.note,
    judged.printed_value,
    -- A count is never less than none.
    case
        when judged.is_of_words then null
        when judged.is_count
            then greatest(coalesce(judged.left_exactly, judged.left_low, 0), 0)
        else coalesce(judged.left_exactly, judged.left_low)
    end as expected_low,
    case when not judged.is_of_words
            then coalesce(judged.left_exactly, judged.left_high)
    end as expected_high,
    judged.is_consistent,
    judged.is_vacuous,
    case
        when judged.is_consistent then 'consistent'
        when declared.discrepancy_id is not null then 'documented_discrepancy'
        else 'inconsistent'
    end as verdict,
    declared.discrepancy_id,
    cast(judged.divisor as bigint) as divisor,
    judged.is_subject_added,
    -- What the subject comes to, its factor aside.
    {%- for end, other, rounding in [('low', 'high', 'down'), ('high', 'low', 'up')] %}
        {{ of_ten_thousandths(whole_division(
            'case when judged.is_subject_added then judged.subject_' ~ end
            ~ ' else ' ~ signed('-judged.subject_' ~ other) ~ ' end', 'judged.divisor', rounding
        )) }} as subject_{{ end }},
    {%- endfor %}
    judged.given_in_words
from judged
left join {{ ref('int_observations') }} as observations
    on judged.observation_id = observations.observation_id
left join {{ ref('known_discrepancies') }} as declared
    on
        judged.relation_id = declared.check_id
        and coalesce(judged.exhibit_id, observations.exhibit_id)
        = declared.exhibit_id
        and judged.printed_value = declared.printed_value

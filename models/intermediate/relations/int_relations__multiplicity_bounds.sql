-- A classification by the number of categories used (one, more than one) and the counts
-- of those categories give the same number of uses.
with buckets as (
    select
        quantities.*,
        classifications.label,
        classifications.counted_classification_id,
        categories.range_from,
        categories.range_to
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('classifications') }} as classifications
        on
            quantities.classification_id = classifications.classification_id
            and classifications.counted_classification_id is not null
    inner join {{ ref('categories') }} as categories
        on
            quantities.classification_id = categories.classification_id
            and quantities.category_id = categories.category_id
    where quantities.statistic = 'count' and quantities.category_role = 'part'
),

uses as (
    select
        quantities.*,
        count(*) over (partition by quantities.whole_key, quantities.classification_id)
            as category_count
    from {{ ref('int_quantities') }} as quantities
    where quantities.statistic = 'count' and quantities.category_role = 'part'
),

-- The uses and the buckets divide the same offenders.
counted as (
    select
        buckets.whole_key,
        buckets.classification_id,
        buckets.counted_classification_id,
        min(buckets.label) || ': uses that they imply' as subject,
        min(buckets.observation_id) as observation_id,
        min(uses.category_count) as category_count
    from buckets
    inner join uses
        on
            buckets.whole_key = uses.whole_key
            and buckets.counted_classification_id = uses.classification_id
    group by
        buckets.whole_key, buckets.classification_id, buckets.counted_classification_id
)
{% for end, coefficient, low, high in [
    ('least', 'buckets.range_from', '0', none),
    ('most', 'coalesce(buckets.range_to, counted.category_count)', none, '0'),
] %}
    {% if not loop.first %}union all{% endif %}
    select
{{ relation_term(
    id="counted.classification_id || '." ~ end ~ ":' || counted.observation_id",
    quantity='uses.quantity_key', low=low, high=high, subject='counted.subject'
) }}
    from counted
    inner join uses
        on
            counted.whole_key = uses.whole_key
            and counted.counted_classification_id = uses.classification_id
    union all
    select
{{ relation_term(
    id="counted.classification_id || '." ~ end ~ ":' || counted.observation_id",
    quantity='buckets.quantity_key', coefficient='-' ~ coefficient, low=low, high=high,
    is_subject='true', subject='counted.subject'
) }}
    from counted
    inner join buckets
        on
            counted.whole_key = buckets.whole_key
            and counted.classification_id = buckets.classification_id
{% endfor %}

-- The relations that all rules write, a term a row.
{% set rules = [
    ref('int_relations__percentage_agrees_with_count'),
    ref('int_relations__exclusive_parts_sum'),
    ref('int_relations__subset_within_population'),
    ref('int_relations__overlap_bounds'),
    ref('int_relations__multiplicity_bounds'),
    ref('int_relations__weighted_mean'),
    ref('int_relations__overlap_mean_bounds'),
    ref('int_relations__cross_exhibit_agreement'),
    ref('int_relations__percent_change'),
    ref('int_relations__period_length'),
    ref('int_relations__ordering'),
    ref('int_relations__range_agrees_with_buckets'),
    ref('int_relations__wording_agrees'),
    ref('int_relations__stated_comparison'),
] %}

with terms as (
    {%- for rule in rules %}
        select * from {{ rule }}
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

relation_terms as (
    select
        relation_id,
        quantity_key,
        observation_key,
        coefficient,
        coefficient_key,
        low,
        high,
        bounds,
        is_subject,
        subject,
        note,
        exhibit_id
    from terms
)

select * from relation_terms

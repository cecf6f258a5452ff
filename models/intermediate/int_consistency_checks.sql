{% set checks = [
    ref('int_checks__attainable_percentage'),
    ref('int_checks__percentage_agrees_with_count'),
    ref('int_checks__exclusive_parts_sum'),
    ref('int_checks__subset_within_population'),
    ref('int_checks__overlap_bounds'),
    ref('int_checks__multiplicity_bounds'),
    ref('int_checks__weighted_mean'),
    ref('int_checks__overlap_mean_bounds'),
    ref('int_checks__cross_exhibit_agreement'),
    ref('int_checks__percent_change'),
    ref('int_checks__period_length'),
    ref('int_checks__ordering'),
    ref('int_checks__range_agrees_with_buckets'),
    ref('int_checks__wording_agrees'),
    ref('int_checks__stated_comparison'),
] %}

with checks as (
    {%- for check in checks %}
        select
            check_id,
            rule_id,
            exhibit_id,
            fiscal_year,
            observation_id,
            subject,
            printed_value,
            cast(expected_low as decimal(18, 4)) as expected_low,
            cast(expected_high as decimal(18, 4)) as expected_high,
            is_consistent,
            explanation
        from {{ check }}
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select * from checks

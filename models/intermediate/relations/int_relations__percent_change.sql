-- A change follows from the numbers of the two years. Where the earlier is rounded, its
-- rounding widens the limits. A decrease, printed without a sign, has the factor -1.
with changes as (
    select
        quantities.observation_id,
        quantities.quantity_key as change_key,
        measures.base_unit_factor as factor,
        greatest(abs(quantities.value_low), abs(quantities.value_high))
            as greatest_change,
        {{ series_key(
            'observations.fiscal_year', 'quantities.population_id',
            'quantities.category_key', 'measures.of_measure_id'
        ) }} as later_series_key,
        {{ series_key(
            'observations.reference_fiscal_year', 'quantities.population_id',
            'quantities.category_key', 'measures.of_measure_id'
        ) }} as earlier_series_key
    from {{ ref('int_quantities') }} as quantities
    inner join {{ ref('measures') }} as measures
        on quantities.measure_id = measures.measure_id
    inner join {{ ref('int_observations') }} as observations
        on quantities.observation_key = observations.observation_key
    where quantities.statistic = 'percent_change'
),

years as (
    select
        changes.*,
        laters.quantity_key as later_key,
        earliers.quantity_key as earlier_key,
        (earliers.value_low + earliers.value_high) * 0.5 as earlier,
        (earliers.value_high - earliers.value_low) * 0.5 * changes.greatest_change
            as tolerance
    from changes
    inner join {{ ref('int_quantities') }} as laters
        on changes.later_series_key = laters.series_key
    inner join {{ ref('int_quantities') }} as earliers
        on
            changes.earlier_series_key = earliers.series_key
            and earliers.value_low > 0
)
{% for key, coefficient in [
    ('change_key', 'earlier * factor'), ('later_key', '-100'), ('earlier_key', '100')
] %}
    {% if not loop.first %}union all{% endif %}
    select
{{ relation_term(
    id='observation_id', quantity=key, coefficient=coefficient,
    coefficient_of='earlier_key' if loop.first else none,
    low='-tolerance', high='tolerance', is_subject=loop.first
) }}
    from years
{% endfor %}

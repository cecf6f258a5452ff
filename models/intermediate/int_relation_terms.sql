-- The relations that all rules write, a term a row.
{% set rules = [
    'percentage_agrees_with_count',
    'exclusive_parts_sum',
    'subset_within_population',
    'overlap_bounds',
    'multiplicity_bounds',
    'weighted_mean',
    'overlap_mean_bounds',
    'cross_exhibit_agreement',
    'percent_change',
    'period_length',
    'ordering',
    'range_agrees_with_buckets',
    'median_agrees_with_shares',
    'ranked_list',
    'wording_agrees',
    'stated_comparison',
] %}
{% for model in graph.nodes.values() if model.name.startswith('int_relations__') %}
    {%- if model.name.removeprefix('int_relations__') not in rules %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ' is not among the rules of int_relation_terms'
        ) }}
    {%- endif %}
{%- endfor %}

{%- for rule in rules %}
    select * from {{ ref('int_relations__' ~ rule) }}
    {% if not loop.last %}union all{% endif %}
{%- endfor %}

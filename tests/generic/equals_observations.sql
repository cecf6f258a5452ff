{% test equals_observations(model, observations, condition='true') %}
{%- for expected in observations %}
select
    '{{ model.identifier }}: '
    || coalesce(facts.{{ expected.id }}, observations.observation_id) || ' is '
    {%- for column in expected.equal %}
    || coalesce(cast(facts.{{ column }} as {{ dbt.type_string() }}), 'missing') || ', '
    {%- endfor %}
    || 'expected '
    {%- for column in expected.equal.values() %}
    || coalesce(cast(observations.{{ column }} as {{ dbt.type_string() }}), 'nothing')
    {%- if not loop.last %} || ', '{% endif %}
    {%- endfor %} as failure
from (select * from {{ model }} where {{ expected.id }} is not null) as facts
full outer join (
    select observations.*
    from {{ ref('fct_observations') }} as observations
    inner join {{ ref('dim_categories') }} as categories
        on observations.category_key = categories.category_key
    where
        observations.is_preferred and {{ condition }}
        and ({{ expected.where or "observations.measure_id = '" ~ expected.measure ~ "'" }})
) as observations
    on facts.{{ expected.id }} = observations.observation_id
where
    facts.{{ expected.id }} is null
    or observations.observation_id is null
    {%- for column, value in expected.equal.items() %}
    or facts.{{ column }} is distinct from observations.{{ value }}
    {%- endfor %}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{% endtest %}

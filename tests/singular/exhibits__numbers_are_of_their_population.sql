-- A total is of the exhibit's own population or of one that it is part of; a part is of
-- its own, of one formed from it, or of another that has the same whole.
-- Each step doubles the levels that are climbed, to 16.
with containing_0 as (
    select
        population_id,
        population_id as container_id
    from {{ ref('populations') }}
    union all
    select
        population_id,
        parent_population_id as container_id
    from {{ ref('populations') }}
    where parent_population_id is not null
),

{% for step in range(4) -%}
    containing_{{ step + 1 }} as (
        select distinct
            lower_half.population_id,
            upper_half.container_id
        from containing_{{ step }} as lower_half
        inner join containing_{{ step }} as upper_half
            on lower_half.container_id = upper_half.population_id
    )
    {%- if not loop.last %},

    {% endif %}
{%- endfor %}

select
    cells.observation_id || ' (' || cells.row_label
    || '): expected a number of the population of the exhibit, '
    || exhibits.population_id
    || ', not of ' || cells.population_id as failure
from {{ ref('stg_cells') }} as cells
inner join {{ ref('exhibits') }} as exhibits on cells.exhibit_id = exhibits.exhibit_id
left join {{ ref('populations') }} as populations
    on cells.population_id = populations.population_id
left join {{ ref('populations') }} as own
    on exhibits.population_id = own.population_id
left join containing_4 as containing
    on
        exhibits.population_id = containing.population_id
        and cells.population_id = containing.container_id
where
    cells.population_id <> exhibits.population_id
    and not case
        when cells.classification_id = 'population_total'
            then containing.container_id is not null
        else
            coalesce(
                populations.parent_population_id
                in (exhibits.population_id, own.parent_population_id),
                false
            )
    end

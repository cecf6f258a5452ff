-- How the cases of a population are selected: as it is formed, by categories, from one
-- that a case file holds, or as a definition says.
with formed_0 as (
    select distinct
        population_id,
        '' as categories
    from {{ ref('case_files') }}
),

{% for level in range(1, 5) %}
    formed_{{ level }} as (
        select
            populations.population_id,
            parents.categories
            || ' ' || populations.classification_id || '.' || populations.category_id
                as categories
        from formed_{{ level - 1 }} as parents
        inner join {{ ref('populations') }} as populations
            on parents.population_id = populations.parent_population_id
        where populations.category_id is not null
    ),
{% endfor %}

selections as (
    {% for level in range(5) %}
        select
            population_id,
            '' as definition_id,
            cast(null as {{ dbt.type_string() }}) as limit_kind,
            categories,
            '' as except_categories
        from formed_{{ level }}
        union all
    {% endfor %}
    select
        population_id,
        definition_id || '.' as definition_id,
        limit_kind,
        coalesce(categories, '') as categories,
        coalesce(except_categories, '') as except_categories
    from {{ ref('reconciliation_definitions') }}
    where population_id is not null
),

-- Each code of a classification that a selection names, and whether it is selected.
codes as (
    select
        selections.population_id,
        selections.definition_id,
        codes.variable,
        codes.code,
        min(case
            when ' '
                || selections.categories like '% '
                || codes.classification_id
                || '.%'
                then
                    case when {{ is_listed(
                        "codes.classification_id || '.' || codes.category_id",
                        'selections.categories'
                    ) }} then 1 else 0 end
            when {{ is_listed(
                "codes.classification_id || '.' || codes.category_id",
                'selections.except_categories'
            ) }} then 0
            else 1
        end) as is_selected
    from selections
    inner join {{ ref('case_categories') }} as codes
        on
            ' ' || selections.categories || ' ' || selections.except_categories
            like '% ' || codes.classification_id || '.%'
    group by 1, 2, 3, 4
),

code_lists as (
    select
        population_id,
        definition_id,
        variable,
        coalesce(
            {{ joined(
                'case when is_selected = 1 then cast(code as ' ~ dbt.type_string() ~ ') end',
                ' ', 'code'
            ) }},
            'none'
        ) as codes
    from codes
    group by 1, 2, 3
),

without_codes as (
    select
        selections.population_id,
        selections.definition_id,
        min(categories.label) as label
    from selections
    inner join {{ ref('categories') }} as categories
        on {{ is_listed(
            "categories.classification_id || '.' || categories.category_id",
            'selections.categories'
        ) }}
    left join {{ ref('case_categories') }} as codes
        on
            categories.classification_id = codes.classification_id
            and categories.category_id = codes.category_id
    where codes.code is null
    group by 1, 2
)

select
    selections.population_id,
    selections.definition_id,
    selections.limit_kind,
    {%- for variable in case_codes() %}
        max(case when code_lists.variable = '{{ variable }}' then code_lists.codes end)
            as {{ variable }}_codes,
    {%- endfor %}
    max(without_codes.label) as category_without_codes
from selections
left join code_lists
    on
        selections.population_id = code_lists.population_id
        and selections.definition_id = code_lists.definition_id
left join without_codes
    on
        selections.population_id = without_codes.population_id
        and selections.definition_id = without_codes.definition_id
group by 1, 2, 3

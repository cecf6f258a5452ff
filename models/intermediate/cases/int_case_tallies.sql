{{ config(materialized='ephemeral') }}

{% set in_list = 'partition by population_id, selecting_id, fiscal_year, '
    ~ 'classification_id, case_measure' %}

-- What the questions ask of the case files, by category; ? is not known, and - is
-- known, but not listed. Never stored: it has small cells.
with asked as (
    {% for population, year in [
        ('population_id', 'fiscal_year'),
        ('population_id', 'reference_fiscal_year'),
        ('whole_population_id', 'fiscal_year'),
    ] %}
        select
            {{ population }},
            {{ 'selecting_id' if population == 'population_id' else "''" }},
            {{ year }},
            classification_id,
            case_measure
        from {{ ref('int_case_questions') }}
        where reason is null
            {{ "and statistic = 'percent_of_category'" if 'whole' in population }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

years as (
    select distinct
        population_id,
        selecting_id,
        fiscal_year
    from asked
),

lists as (
    select distinct
        classification_id,
        variable
    from {{ ref('case_categories') }}
),

selected as (
    select
        selections.population_id,
        selections.definition_id as selecting_id,
        cases.*
    from {{ ref('int_case_measures') }} as cases
    inner join years
        on cases.fiscal_year = years.fiscal_year
    inner join {{ ref('int_case_selections') }} as selections
        on
            years.population_id = selections.population_id
            and years.selecting_id = selections.definition_id
            {%- set text = dbt.type_string() %}
            {%- for variable in case_codes() %}
                {% set code = 'cast(cases.' ~ variable ~ ' as ' ~ text ~ ')' %}
                and (
                    selections.{{ variable }}_codes is null
                    or {{ is_listed(code, 'selections.' ~ variable ~ '_codes') }}
                )
            {%- endfor %}
),

tallies as (
    select
        asked.population_id,
        asked.selecting_id,
        asked.fiscal_year,
        asked.classification_id,
        asked.case_measure,
        case
            when lists.variable is null then 'total'
            when codes.code is null then '?'
            else coalesce(codes.category_id, '-')
        end as category_id,
        count(*) as case_count,
        count({{ column_named('asked.case_measure', case_measures()) }})
            as number_count,
        sum({{ column_named('asked.case_measure', case_measures()) }}) as number_sum
    from asked
    inner join selected
        on
            asked.population_id = selected.population_id
            and asked.selecting_id = selected.selecting_id
            and asked.fiscal_year = selected.fiscal_year
    left join lists
        on asked.classification_id = lists.classification_id
    left join {{ ref('case_categories') }} as codes
        on
            lists.variable = codes.variable
            and lists.classification_id = codes.classification_id
            and {{ column_named('lists.variable', case_codes()) }} = codes.code
    group by 1, 2, 3, 4, 5, 6
),

ordered as (
    select
        *,
        sum(case_count) over ({{ in_list }}) as all_count,
        sum(case when category_id = '?' then 0 else case_count end) over ({{ in_list }})
            as known_count,
        min(case_count) over ({{ in_list }}) as least_count,
        row_number() over ({{ in_list }} order by case_count, category_id) as place,
        sum(case_count) over (
            {{ in_list }} order by case_count, category_id rows unbounded preceding
        ) - case_count as cases_before
    from tallies
)

-- The smallest are hidden, with as many more as keep them from following.
select
    population_id,
    selecting_id,
    fiscal_year,
    classification_id,
    category_id,
    case_measure,
    case_count,
    number_count,
    number_sum,
    all_count,
    known_count,
    least_count < {{ var('minimum_cases') }}
    and (place <= 2 or cases_before < {{ var('minimum_cases') }}) as is_hidden
from ordered

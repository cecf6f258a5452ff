{% set least = var('minimum_cases') %}

-- Neither is a number small, nor what follows by subtraction from whole and parts.
with counts as (select * from {{ ref('fct_case_counts') }}),

numbers as (
    {% for mart, what, number in [
        ('fct_case_counts', 'cases', 'case_count'),
        ('fct_case_counts', 'cases not known', 'all_case_count - known_case_count'),
        ('fct_case_means', 'cases with the number', 'known_case_count'),
        ('fct_case_means', 'cases without the number', 'case_count - known_case_count'),
    ] %}
        select
            fiscal_year || ', ' || type_of_crime || ', ' || category_key
            || ': {{ what }}' as place,
            {{ number }} as number_of_cases
        from {{ ref(mart) }}
        union all
    {% endfor %}
    select
        reconciliations.observation_id || ' by ' || reconciliations.definition_id
            as place,
        cast(reconciliations.recomputed_value as bigint) as number_of_cases
    from {{ ref('fct_reconciliations') }} as reconciliations
    inner join {{ ref('fct_observations') }} as observations
        on reconciliations.observation_id = observations.observation_id
    inner join {{ ref('dim_measures') }} as measures
        on observations.measure_id = measures.measure_id
    where measures.statistic = 'count'
),

-- What is hidden of a list, with what is not known, or of a category over all types.
lines as (
    select
        fiscal_year || ', ' || type_of_crime || ', ' || classification_id as place,
        max(coalesce(known_case_count, all_case_count)) - coalesce(sum(case_count), 0)
            as left_over,
        sum(case when is_hidden then 1 else 0 end)
        + max(case when known_case_count is null then 1 else 0 end) as hidden_cells
    from counts
    where all_case_count is not null
    group by fiscal_year, type_of_crime, classification_id
    union all
    select
        parts.fiscal_year || ', ' || parts.category_key as place,
        max(wholes.case_count) - coalesce(sum(parts.case_count), 0) as left_over,
        sum(case when parts.is_hidden then 1 else 0 end) as hidden_cells
    from counts as parts
    inner join counts as wholes
        on
            parts.fiscal_year = wholes.fiscal_year
            and parts.category_key = wholes.category_key
            and wholes.type_of_crime = 'population_total.total'
    where
        parts.type_of_crime <> 'population_total.total'
        and wholes.case_count is not null
    group by parts.fiscal_year, parts.category_key
)

select place || ': fewer than {{ least }}' as failure
from numbers
where number_of_cases between 1 and {{ least - 1 }}
union all
select place || ': what is hidden follows from the rest' as failure
from lines
where hidden_cells = 1 or left_over between 1 and {{ least - 1 }}

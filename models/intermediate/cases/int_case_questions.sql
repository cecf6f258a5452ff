-- Each printed number with each definition of its measure, and of which cases it is.
with codes as (
    select distinct
        classification_id,
        category_id
    from {{ ref('case_categories') }}
),

wholes as (
    select min(population_id) as population_id from {{ ref('case_files') }}
)

select
    observations.observation_id,
    observations.fiscal_year,
    observations.reference_fiscal_year,
    observations.population_id,
    coalesce(selections.definition_id, '') as selecting_id,
    wholes.population_id as whole_population_id,
    observations.classification_id,
    observations.category_id,
    observations.printed_value,
    observations.obs_value,
    observations.decimals,
    observations.value_low,
    observations.value_high,
    measures.statistic,
    measures.is_exact,
    measures.base_unit_factor,
    selections.limit_kind,
    coalesce(selections.definition_id, '')
    || coalesce(definitions.definition_id, 'none')
        as definition_id,
    definitions.label as definition_label,
    coalesce(definitions.case_measure, '') as case_measure,
    definitions.base,
    case
        when definitions.definition_id is null
            then 'no definition recomputes the measure ' || measures.label
        when selections.population_id is null
            then 'nothing says which cases are of this population'
        when selections.category_without_codes is not null
            then 'no variable tells the cases of this population: '
                || selections.category_without_codes
        when observations.classification_id <> 'population_total'
            and codes.category_id is null
            then 'no variable tells the cases of this category'
        when selections.limit_kind is not null and measures.statistic <> 'count'
            then 'the cases of this population are only bounded'
    end as reason
from {{ ref('int_observations') }} as observations
inner join {{ ref('measures') }} as measures
    on observations.measure_id = measures.measure_id
left join {{ ref('reconciliation_definitions') }} as definitions
    on observations.measure_id = definitions.measure_id
        and definitions.population_id is null
left join {{ ref('int_case_selections') }} as selections
    on observations.population_id = selections.population_id
left join codes
    on
        observations.classification_id = codes.classification_id
        and observations.category_id = codes.category_id
cross join wholes

-- Statistics of all sentences, percentages of outcomes, and provisions of the law.
select
    observations.fiscal_year,
    case
        when observations.measure_id = 'offender_percent'
            then observations.category_id
        else observations.measure_id
    end as outcome_id,
    case
        when observations.measure_id = 'offender_percent'
            then categories.label
        when measures.statistic = 'guideline'
            then measures.label || ': ' || categories.label
        else measures.label
    end as label,
    observations.printed_value,
    cast(observations.obs_value as decimal(18, 4)) as obs_value,
    measures.unit,
    observations.observation_id
from {{ ref('fct_observations') }} as observations
inner join {{ ref('dim_measures') }} as measures
    on observations.measure_id = measures.measure_id
inner join {{ ref('dim_categories') }} as categories
    on observations.category_key = categories.category_key
where
    observations.is_preferred
    and observations.obs_status = 'published'
    and observations.population_id = 'production_offenders'
    and (
        (
            observations.classification_id = 'population_total'
            and measures.concept = 'sentence'
        )
        or (
            observations.classification_id = 'sentencing_outcomes'
            and observations.measure_id = 'offender_percent'
        )
        or measures.statistic in ('statutory', 'guideline')
    )
order by observations.fiscal_year, observations.observation_id

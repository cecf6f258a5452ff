with published as (select * from {{ ref('int_observations__published') }}),

populations as (
    select * from {{ ref('populations') }}
    where category_id is not null
),

-- The total of a population that a category forms is that category of its parent.
observations as (
    select
        published.observation_id,
        published.exhibit_id,
        published.fiscal_year,
        published.measure_id,
        published.reference_fiscal_year,
        published.reference_category_id,
        published.printed_value,
        published.obs_value,
        published.decimals,
        published.value_low,
        published.value_high,
        published.row_label,
        published.column_name,
        published.is_preferred,
        coalesce(populations.parent_population_id, published.population_id)
            as population_id,
        coalesce(populations.classification_id, published.classification_id)
            as classification_id,
        coalesce(populations.category_id, published.category_id) as category_id
    from published
    left join populations
        on
            published.population_id = populations.population_id
            and published.classification_id = 'population_total'
),

ranked as (
    select
        observations.*,
        row_number() over (
            partition by
                observations.fiscal_year,
                observations.population_id,
                observations.classification_id,
                observations.category_id,
                observations.measure_id,
                observations.reference_fiscal_year,
                observations.reference_category_id
            order by
                case when observations.is_preferred then 0 else 1 end asc,
                observations.exhibit_id asc,
                observations.observation_id asc
        ) as printing
    from observations
),

repeated as (
    select
        repeats.*,
        firsts.observation_id as preferred_observation_id,
        firsts.printed_value as preferred_printed_value,
        firsts.obs_value as preferred_obs_value,
        firsts.decimals as preferred_decimals,
        firsts.value_low as preferred_low,
        firsts.value_high as preferred_high
    from ranked as repeats
    inner join ranked as firsts
        on
            repeats.fiscal_year = firsts.fiscal_year
            and repeats.population_id = firsts.population_id
            and repeats.classification_id = firsts.classification_id
            and repeats.category_id = firsts.category_id
            and repeats.measure_id = firsts.measure_id
            and coalesce(repeats.reference_fiscal_year, 0)
            = coalesce(firsts.reference_fiscal_year, 0)
            and coalesce(repeats.reference_category_id, '')
            = coalesce(firsts.reference_category_id, '')
    where firsts.printing = 1 and repeats.printing > 1
),

checks as (
    select
        'cross_exhibit_agreement:' || observation_id as check_id,
        'cross_exhibit_agreement' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        row_label || ', ' || column_name as subject,
        printed_value,
        preferred_low as expected_low,
        preferred_high as expected_high,
        coalesce(
            case
                when decimals = preferred_decimals then obs_value = preferred_obs_value
                else value_low <= preferred_high and value_high >= preferred_low
            end,
            printed_value = preferred_printed_value
        ) as is_consistent,
        'also printed as '
        || preferred_printed_value
        || ' ('
        || preferred_observation_id
        || ')' as explanation
    from repeated
)

select * from checks

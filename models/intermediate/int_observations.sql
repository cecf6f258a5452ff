with published as (select * from {{ ref('int_observations__published') }}),

derived_counts as (select * from {{ ref('int_observations__derived_counts') }}),

derived_means as (select * from {{ ref('int_observations__derived_means') }}),

wordings as (select * from {{ ref('wordings') }}),

derived as (
    select
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        'offender_count' as measure_id,
        report_id,
        exhibit_id,
        case when count_low = count_high then count_low end as obs_value,
        count_low as value_low,
        count_high as value_high,
        derivation
    from derived_counts
    union all
    select
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        measure_id,
        report_id,
        exhibit_id,
        obs_value,
        value_low,
        value_high,
        derivation
    from derived_means
),

observations as (
    select
        published.observation_id,
        published.report_id,
        published.exhibit_id,
        published.fiscal_year,
        published.population_id,
        published.classification_id,
        published.category_id,
        published.measure_id,
        published.reference_fiscal_year,
        published.reference_category_id,
        published.printed_value,
        published.printed_unit,
        published.obs_value,
        published.decimals,
        published.value_low,
        published.value_high,
        'published' as obs_status,
        cast(null as text) as derivation,
        published.is_preferred,
        wordings.wording,
        wordings.wording_category,
        published.row_number,
        published.row_label,
        published.column_name,
        published.locator,
        published.footnote
    from published
    left join wordings
        on
            published.wording = wordings.wording
            and published.measure_id = wordings.measure_id
    union all
    select
        report_id || '.derived.' || fiscal_year || '.' || population_id || '.'
        || classification_id || '.' || category_id || '.' || measure_id
            as observation_id,
        report_id,
        exhibit_id,
        fiscal_year,
        population_id,
        classification_id,
        category_id,
        measure_id,
        cast(null as integer) as reference_fiscal_year,
        cast(null as text) as reference_category_id,
        cast(null as text) as printed_value,
        cast(null as text) as printed_unit,
        cast(obs_value as decimal(18, 4)) as obs_value,
        cast(null as integer) as decimals,
        cast(value_low as decimal(18, 4)) as value_low,
        cast(value_high as decimal(18, 4)) as value_high,
        'derived' as obs_status,
        derivation,
        true as is_preferred,
        cast(null as text) as wording,
        cast(null as text) as wording_category,
        cast(null as integer) as row_number,
        cast(null as text) as row_label,
        cast(null as text) as column_name,
        'derived from the numbers of the exhibit' as locator,
        cast(null as text) as footnote
    from derived
)

select * from observations

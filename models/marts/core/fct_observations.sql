with observations as (select * from {{ ref('int_observations') }}),

preferred as (select * from {{ ref('int_preferred') }}),

wordings as (select * from {{ ref('wordings') }}),

derived as (select * from {{ ref('int_derived') }}),

published as (
    select
        observations.*,
        'published' as obs_status,
        cast(null as text) as derivation,
        preferred.observation_key is not null as is_preferred,
        wordings.wording as glossed_wording,
        wordings.wording_category
    from observations
    left join preferred on observations.observation_key = preferred.observation_key
    left join wordings
        on
            observations.wording = wordings.wording
            and observations.measure_id = wordings.measure_id
)

select
    observation_id,
    report_id,
    exhibit_id,
    fiscal_year,
    population_id,
    category_key,
    classification_id,
    category_id,
    measure_id,
    reference_fiscal_year,
    reference_category_id,
    percent_base,
    series_key,
    printed_value,
    printed_unit,
    obs_value,
    decimals,
    value_low,
    value_high,
    obs_status,
    derivation,
    is_preferred,
    glossed_wording as wording,
    wording_category,
    row_number,
    row_label,
    column_name,
    heading,
    paragraph,
    locator,
    footnote
from published
union all
select
    observation_id,
    report_id,
    exhibit_id,
    fiscal_year,
    population_id,
    category_key,
    classification_id,
    category_id,
    measure_id,
    cast(null as integer) as reference_fiscal_year,
    cast(null as text) as reference_category_id,
    cast(null as text) as percent_base,
    series_key,
    cast(null as text) as printed_value,
    cast(null as text) as printed_unit,
    obs_value,
    cast(null as integer) as decimals,
    value_low,
    value_high,
    'derived' as obs_status,
    derivation,
    true as is_preferred,
    cast(null as text) as wording,
    cast(null as text) as wording_category,
    cast(null as integer) as row_number,
    cast(null as text) as row_label,
    cast(null as text) as column_name,
    cast(null as text) as heading,
    cast(null as integer) as paragraph,
    'derived from the numbers of the exhibit' as locator,
    cast(null as text) as footnote
from derived

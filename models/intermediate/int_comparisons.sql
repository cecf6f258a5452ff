with comparisons as (select * from {{ ref('int_comparisons__staged') }}),

observations as (select * from {{ ref('int_observations__published') }}),

categories as (
    select * from {{ ref('categories') }}
    where category_role = 'part'
),

lefts as (
    select
        comparisons.comparison_id,
        observations.*
    from comparisons
    inner join observations
        on
            comparisons.compared_exhibit_id = observations.exhibit_id
            and comparisons.compared_column_name = observations.column_name
            and comparisons.left_row_label = observations.row_label
            and comparisons.fiscal_year = observations.fiscal_year
),

named_rights as (
    select
        comparisons.comparison_id,
        observations.*
    from comparisons
    inner join observations
        on
            comparisons.compared_exhibit_id = observations.exhibit_id
            and comparisons.compared_column_name = observations.column_name
            and comparisons.right_row_label = observations.row_label
            and comparisons.fiscal_year = observations.fiscal_year
    where comparisons.comparator <> 'greatest'
),

-- The greatest is compared with every other part of its classification: with the
-- largest of them.
other_parts as (
    select
        comparisons.comparison_id,
        observations.*,
        row_number() over (
            partition by comparisons.comparison_id
            order by observations.obs_value desc, observations.observation_id asc
        ) as size_rank
    from comparisons
    inner join lefts on comparisons.comparison_id = lefts.comparison_id
    inner join observations
        on
            lefts.fiscal_year = observations.fiscal_year
            and lefts.population_id = observations.population_id
            and lefts.classification_id = observations.classification_id
            and lefts.measure_id = observations.measure_id
            and lefts.category_id <> observations.category_id
    inner join categories
        on
            observations.classification_id = categories.classification_id
            and observations.category_id = categories.category_id
    where comparisons.comparator = 'greatest' and observations.is_preferred
),

rights as (
    select
        comparison_id,
        observation_id,
        row_label,
        printed_value,
        obs_value,
        value_low,
        value_high
    from named_rights
    union all
    select
        comparison_id,
        observation_id,
        row_label,
        printed_value,
        obs_value,
        value_low,
        value_high
    from other_parts
    where size_rank = 1
),

resolved as (
    select
        comparisons.comparison_id,
        comparisons.exhibit_id,
        comparisons.fiscal_year,
        comparisons.row_number,
        comparisons.row_label,
        comparisons.comparator,
        comparisons.printed_value,
        comparisons.printed_unit,
        comparisons.stated_difference,
        comparisons.stated_unit,
        comparisons.wording,
        comparisons.locator,
        comparisons.footnote,
        comparisons.left_row_label,
        comparisons.right_row_label,
        lefts.observation_id as left_observation_id,
        lefts.row_label as left_label,
        lefts.printed_value as left_printed_value,
        lefts.obs_value as left_value,
        lefts.value_low as left_low,
        lefts.value_high as left_high,
        rights.observation_id as right_observation_id,
        rights.row_label as right_label,
        rights.printed_value as right_printed_value,
        rights.obs_value as right_value,
        rights.value_low as right_low,
        rights.value_high as right_high
    from comparisons
    left join lefts on comparisons.comparison_id = lefts.comparison_id
    left join rights on comparisons.comparison_id = rights.comparison_id
)

select * from resolved

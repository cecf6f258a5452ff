with classifications as (
    select * from {{ ref('classifications') }}
    where not is_mutually_exclusive
),

categories as (
    select * from {{ ref('categories') }}
    where category_role = 'part'
),

category_counts as (select * from {{ ref('int_category_counts') }}),

wholes as (select * from {{ ref('int_classification_wholes') }}),

observations as (select * from {{ ref('int_observations__published') }}),

-- The parts of a whole classification, and those of a group of its categories.
unions as (
    select
        wholes.fiscal_year,
        wholes.population_id,
        wholes.classification_id,
        cast(null as text) as group_id,
        classifications.label as union_label,
        wholes.observation_id,
        wholes.whole_low,
        wholes.whole_high,
        wholes.population_count,
        classifications.is_exhaustive
    from wholes
    inner join classifications
        on wholes.classification_id = classifications.classification_id
    union all
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        category_counts.category_id as group_id,
        all_categories.label as union_label,
        coalesce(
            category_counts.count_observation_id, category_counts.percent_observation_id
        ) as observation_id,
        category_counts.count_low as whole_low,
        category_counts.count_high as whole_high,
        category_counts.population_count,
        true as is_exhaustive
    from category_counts
    inner join {{ ref('categories') }} as all_categories
        on
            category_counts.classification_id = all_categories.classification_id
            and category_counts.category_id = all_categories.category_id
            and all_categories.category_role = 'group'
),

members as (
    select
        unions.fiscal_year,
        unions.population_id,
        unions.classification_id,
        unions.group_id,
        count(*) as expected_count
    from unions
    inner join categories
        on
            unions.classification_id = categories.classification_id
            and (
                unions.group_id is null
                or unions.group_id = categories.parent_category_id
            )
    group by
        unions.fiscal_year,
        unions.population_id,
        unions.classification_id,
        unions.group_id
),

bounds as (
    select
        unions.fiscal_year,
        unions.classification_id,
        unions.group_id,
        unions.union_label,
        unions.observation_id,
        unions.whole_low,
        unions.whole_high,
        min(category_counts.exhibit_id) as exhibit_id,
        max(category_counts.count_low) as largest_part,
        sum(category_counts.count_high) as sum_of_parts,
        cast(
            case
                when unions.is_exhaustive and count(*) = min(members.expected_count)
                    then least(
                            sum(category_counts.count_high),
                            min(unions.population_count)
                        )
                else min(unions.population_count)
            end as bigint
        ) as upper_bound
    from unions
    inner join members
        on
            unions.fiscal_year = members.fiscal_year
            and unions.population_id = members.population_id
            and unions.classification_id = members.classification_id
            and coalesce(unions.group_id, '') = coalesce(members.group_id, '')
    inner join categories
        on
            unions.classification_id = categories.classification_id
            and (
                unions.group_id is null
                or unions.group_id = categories.parent_category_id
            )
    inner join category_counts
        on
            unions.fiscal_year = category_counts.fiscal_year
            and unions.population_id = category_counts.population_id
            and categories.classification_id = category_counts.classification_id
            and categories.category_id = category_counts.category_id
    group by
        unions.fiscal_year,
        unions.classification_id,
        unions.group_id,
        unions.union_label,
        unions.observation_id,
        unions.whole_low,
        unions.whole_high,
        unions.is_exhaustive
),

checks as (
    select
        'overlap_bounds:' || bounds.classification_id || '.'
        || coalesce(bounds.group_id, 'all') || ':' || bounds.observation_id as check_id,
        'overlap_bounds' as rule_id,
        bounds.exhibit_id,
        bounds.fiscal_year,
        bounds.observation_id,
        bounds.union_label || ': offenders in any' as subject,
        observations.printed_value,
        bounds.largest_part as expected_low,
        bounds.upper_bound as expected_high,
        bounds.whole_high >= bounds.largest_part
        and bounds.whole_low <= bounds.upper_bound as is_consistent,
        'the union is ' || bounds.whole_low
        || case
            when bounds.whole_high > bounds.whole_low then ' to ' || bounds.whole_high
            else ''
        end
        || '; the largest part is ' || bounds.largest_part || ', the upper bound '
        || bounds.upper_bound as explanation
    from bounds
    inner join observations
        on bounds.observation_id = observations.observation_id
)

select * from checks

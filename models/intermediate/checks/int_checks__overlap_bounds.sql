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
        wholes.is_complement,
        classifications.is_exhaustive
    from wholes
    inner join classifications
        on wholes.classification_id = classifications.classification_id
    where wholes.is_complement or classifications.parent_category_id is not null
    union all
    select
        category_counts.fiscal_year,
        category_counts.population_id,
        category_counts.classification_id,
        category_counts.category_id as group_id,
        all_categories.label as union_label,
        category_counts.observation_id,
        category_counts.count_low as whole_low,
        category_counts.count_high as whole_high,
        category_counts.population_count,
        false as is_complement,
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
        unions.population_count,
        unions.is_complement,
        max(category_counts.count_low) as largest_part,
        cast(
            case
                when unions.is_exhaustive and count(*) = min(members.expected_count)
                    then least(
                            sum(category_counts.count_high),
                            min(unions.population_count)
                        )
                else unions.population_count
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
        unions.population_count,
        unions.is_complement,
        unions.is_exhaustive
),

-- Where the union is the population less those in none, it is none that is printed.
bounds_of_printed as (
    select
        bounds.*,
        observations.exhibit_id,
        observations.printed_value,
        case
            when bounds.is_complement then bounds.population_count - bounds.upper_bound
            else bounds.largest_part
        end as expected_low,
        case
            when bounds.is_complement then bounds.population_count - bounds.largest_part
            else bounds.upper_bound
        end as expected_high
    from bounds
    inner join observations
        on bounds.observation_id = observations.observation_id
),

checks as (
    select
        'overlap_bounds:' || classification_id || '.'
        || coalesce(group_id, 'all') || ':' || observation_id as check_id,
        'overlap_bounds' as rule_id,
        exhibit_id,
        fiscal_year,
        observation_id,
        union_label || ': offenders in '
        || case when is_complement then 'none' else 'any' end as subject,
        printed_value,
        expected_low,
        expected_high,
        whole_high >= largest_part and whole_low <= upper_bound as is_consistent,
        'in any are '
        || {{ interval_in_words('whole_low', 'whole_high') }}
        || '; the largest part has ' || largest_part || ', and there can be at most '
        || upper_bound as explanation
    from bounds_of_printed
)

select * from checks

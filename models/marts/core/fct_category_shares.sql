with categories as (select * from {{ ref('dim_categories') }}),

-- Of the printings of one number in one report, one.
numbers as (
    select
        *,
        row_number() over (
            partition by report_id, series_key
            order by is_preferred desc, observation_id asc
        ) as printing
    from {{ ref('fct_observations') }}
    where classification_id <> 'population_total'
),

shares as (
    select
        report_id,
        population_id,
        fiscal_year,
        classification_id,
        category_key,
        {{ measure_columns({
            'offender_count': 'offender_count',
            'published_percent': 'offender_percent',
            'percent_of_category': 'offender_percent_of_category',
            'mean_sentence_months': 'mean_sentence_months',
        }) }},
        max(percent_base) as percent_base,
        report_id || '/' || population_id || '/' || fiscal_year || '/'
        || classification_id as list_key
    from numbers
    where printing = 1
    group by report_id, population_id, fiscal_year, classification_id, category_key
),

listed as (
    select
        shares.*,
        categories.category_id,
        categories.label,
        categories.sort_order,
        categories.category_role,
        categories.parent_category_id
    from shares
    inner join categories on shares.category_key = categories.category_key
    where
        shares.offender_count_low is not null
        or shares.published_percent is not null
        or shares.percent_of_category is not null
        or shares.mean_sentence_months is not null
),

-- A list has every part, or the group that a missing part belongs to.
lists as (
    select distinct
        list_key,
        classification_id
    from listed
    where offender_count_low is not null or published_percent is not null
),

parts as (
    select
        lists.list_key,
        categories.parent_category_id,
        listed.category_key is not null as is_listed,
        listed_groups.category_key is not null as is_in_a_listed_group
    from lists
    inner join categories
        on
            lists.classification_id = categories.classification_id
            and categories.category_role in ('part', 'residual')
    left join listed
        on
            lists.list_key = listed.list_key
            and categories.category_key = listed.category_key
    left join listed as listed_groups
        on
            lists.list_key = listed_groups.list_key
            and categories.parent_category_id = listed_groups.category_id
),

covered as (
    select
        list_key,
        bool_and(is_listed or is_in_a_listed_group) as is_covered
    from parts
    group by list_key
),

groups_used as (
    select distinct
        list_key,
        parent_category_id as category_id
    from parts
    where is_in_a_listed_group and not is_listed
),

category_shares as (
    select
        listed.*,
        populations.label as population_label,
        population_totals.offender_count as population_offender_count,
        classifications.label as classification_label,
        coalesce(
            classifications.parent_classification_id || '.'
            || classifications.parent_category_id,
            'population_total.total'
        ) as whole_category_key,
        case
            when not classifications.is_mutually_exclusive then 'overlapping'
            when classifications.is_exhaustive and covered.is_covered then 'complete'
            else 'partial'
        end as list_kind,
        case
            when listed.category_role = 'group' then groups_used.category_id is not null
            else
                listed.category_role in ('part', 'residual')
                and groups_used.category_id is null
        end as is_a_part
    from listed
    inner join {{ ref('dim_populations') }} as populations
        on listed.population_id = populations.population_id
    inner join {{ ref('dim_classifications') }} as classifications
        on listed.classification_id = classifications.classification_id
    left join {{ ref('fct_population_totals') }} as population_totals
        on
            listed.population_id = population_totals.population_id
            and listed.fiscal_year = population_totals.fiscal_year
    left join covered on listed.list_key = covered.list_key
    left join groups_used
        on
            listed.list_key = groups_used.list_key
            and groups_used.category_id
            in (listed.category_id, listed.parent_category_id)
)

select
    report_id,
    population_id,
    population_label,
    fiscal_year,
    classification_id,
    classification_label,
    category_key,
    category_id,
    label as category_label,
    sort_order,
    list_kind,
    list_kind = 'complete' and is_a_part as adds_up,
    whole_category_key,
    cast(offender_count as bigint) as offender_count,
    cast(offender_count_low as bigint) as offender_count_low,
    cast(offender_count_high as bigint) as offender_count_high,
    offender_count_status,
    cast(population_offender_count as bigint) as population_offender_count,
    cast(published_percent as decimal(6, 2)) as published_percent,
    cast(published_percent_low as decimal(9, 4)) as published_percent_low,
    cast(published_percent_high as decimal(9, 4)) as published_percent_high,
    percent_base,
    cast(percent_of_category as decimal(6, 2)) as percent_of_category,
    cast(mean_sentence_months as decimal(11, 4)) as mean_sentence_months,
    offender_count_observation_id as count_observation_id,
    published_percent_observation_id as percent_observation_id,
    percent_of_category_observation_id,
    mean_sentence_months_observation_id as mean_observation_id
from category_shares
order by report_id, population_id, fiscal_year, classification_id, sort_order

{% set codes = case_codes() | reject('eq', 'offense') | list %}
{% set measures = ['age_years', 'sentence_months', 'prison_months',
    'guideline_minimum_months', 'guideline_maximum_months'] %}
{% set least = var('minimum_cases') %}

-- Cases, numbers of them and their sums, by fiscal year, type of crime and category.
-- Small cells are hidden, and others until no small one follows by subtraction.
with grouped as (
    select
        fiscal_year,
        offense,
        case
            {%- for code in codes %}
                when grouping({{ code }}) = 0 then '{{ code }}'
            {%- endfor %}
        end as code_variable,
        coalesce({{ codes | join(', ') }}) as code,
        {% for measure in measures %}
            count({{ measure }}) as {{ measure }}_count,
            sum({{ measure }}) as {{ measure }}_sum,
        {% endfor %}
        count(*) as case_count
    from {{ ref('int_case_measures') }}
    group by grouping sets ( -- noqa: PRS
        (fiscal_year, offense)
        {%- for code in codes %}, (fiscal_year, offense, {{ code }}){% endfor %}
    )
),

-- The lists of codes that are published, and their categories.
lists as (
    select distinct
        variable as code_variable,
        classification_id
    from {{ ref('case_variables') }}
    where classification_id is not null
),

listed as (
    select
        lists.code_variable,
        categories.code,
        lists.classification_id || '.' || categories.category_id as category_key
    from lists
    inner join {{ ref('case_categories') }} as categories
        on
            lists.code_variable = categories.variable
            and lists.classification_id = categories.classification_id
),

-- All types of crime together are one more.
types as (
    {% for type_of_crime in ['category_key', "'population_total.total'"] %}
        select
            code,
            {{ type_of_crime }} as type_of_crime
        from listed
        where code_variable = 'offense'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

cells as (
    select
        grouped.fiscal_year,
        types.type_of_crime,
        coalesce(lists.classification_id, 'population_total') as classification_id,
        case
            when grouped.code_variable is null then 'population_total.total'
            else coalesce(listed.category_key, 'not known')
        end as category_key,
        {% for measure in measures %}
            sum({{ measure }}_count) as {{ measure }}_count,
            sum({{ measure }}_sum) as {{ measure }}_sum,
        {% endfor %}
        sum(grouped.case_count) as case_count
    from grouped
    inner join types on grouped.offense = types.code
    left join lists on grouped.code_variable = lists.code_variable
    left join listed
        on
            grouped.code_variable = listed.code_variable
            and grouped.code = listed.code
    where grouped.code_variable is null or lists.code_variable is not null
    group by 1, 2, 3, 4 -- noqa: AM06
),

-- What must not be small is counted: the cases, and those that a number leaves out.
numbers as (
    {% for measure in ['all'] + measures %}
        {% set number = 'case' if measure == 'all' else measure %}
        select
            fiscal_year,
            type_of_crime,
            classification_id,
            category_key,
            '{{ measure }}' as case_measure_id,
            cast(case_count as bigint) as case_count,
            cast({{ number }}_count as bigint) as number_count,
            cast(
                {{ 'null' if measure == 'all' else measure ~ '_sum' }}
                as decimal(18, 4)
            ) as number_sum,
            cast(
                case_count - {{ 0 if measure == 'all' else measure ~ '_count' }}
                as bigint
            ) as counted
        from cells
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

numbered as (
    select
        *,
        row_number() over (
            order by
                fiscal_year, case_measure_id, type_of_crime, classification_id,
                category_key
        ) as cell_key,
        dense_rank() over (order by fiscal_year, case_measure_id, type_of_crime)
            as of_type,
        dense_rank() over (order by fiscal_year, case_measure_id, category_key)
            as of_category,
        dense_rank() over (
            order by fiscal_year, case_measure_id, type_of_crime, classification_id
        ) as of_list,
        category_key <> 'population_total.total' as is_in_list,
        type_of_crime <> 'population_total.total' as is_of_one_type
    from numbers
),

pass_0 as (
    select
        cell_key,
        of_type,
        of_category,
        of_list,
        is_in_list,
        is_of_one_type,
        counted,
        case when counted between 1 and {{ least - 1 }} then 1 else 0 end as is_hidden
    from numbered
),

-- A line is a list of categories, or a category over all types of crime. Where it has
-- hidden cells, they are at least two, and have together as many cases as one needs.
-- Where its whole is hidden, all are; where its only cell is hidden, so is the whole.
{% for pass in range(1, 7) %}
    {% set whole, line, is_part = ('of_type', 'of_list', 'is_in_list') if pass % 2
        else ('of_category', 'of_category, is_of_one_type', 'is_of_one_type') %}
    {% set smallest = 'partition by ' ~ line
        ~ ' order by is_hidden desc, sign(counted) desc, counted, cell_key' %}
    ordered_{{ pass }} as (
        select
            *,
            max(is_hidden) over (partition by {{ line }}) as has_hidden,
            max(case when {{ is_part }} then 0 else is_hidden end)
                over (partition by {{ whole }})
                as is_whole_hidden,
            case
                when {{ is_part }} and count(*) over (partition by {{ line }}) = 1
                    then is_hidden
                else 0
            end as is_alone_hidden,
            row_number() over ({{ smallest }}) as place,
            sum(counted) over ({{ smallest }} rows unbounded preceding) - counted
                as counted_before
        from pass_{{ pass - 1 }}
    ),

    pass_{{ pass }} as (
        select
            cell_key,
            of_type,
            of_category,
            of_list,
            is_in_list,
            is_of_one_type,
            counted,
            case
                when is_hidden = 1 then 1
                when not {{ is_part }}
                    then max(is_alone_hidden) over (partition by {{ whole }})
                when counted = 0 then 0
                when is_whole_hidden = 1 then 1
                when has_hidden = 0 then 0
                when place = 2 or counted_before < {{ least }} then 1
                else 0
            end as is_hidden
        from ordered_{{ pass }}
    ),
{% endfor %}

-- A number is hidden where its cases are, or where it is of few.
decided as (
    select
        numbered.*,
        max(case when numbered.case_measure_id = 'all' then pass_6.is_hidden end) over (
            partition by
                numbered.fiscal_year, numbered.type_of_crime,
                numbered.classification_id, numbered.category_key
        ) = 1 as are_cases_hidden,
        pass_6.is_hidden = 1 or numbered.number_count < {{ least }} as is_small
    from numbered
    inner join pass_6 on numbered.cell_key = pass_6.cell_key
)

select
    fiscal_year,
    type_of_crime,
    classification_id,
    category_key,
    case_measure_id,
    are_cases_hidden or is_small as is_hidden,
    case when not are_cases_hidden then case_count end as case_count,
    case when not (are_cases_hidden or is_small) then number_count end as number_count,
    case when not (are_cases_hidden or is_small) then number_sum end as number_sum
from decided

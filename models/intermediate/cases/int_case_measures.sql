{{ config(materialized='ephemeral') }}

with conventions as (
    select
        max(case when variable = 'sentence_months' then cap end) as cap,
        max(no_prison_codes) as no_prison_codes
    from {{ ref('case_variables') }}
),

sentences as (
    select
        cases.*,
        conventions.cap,
        case
            when cases.sentence_months is not null then cases.sentence_months
            when {{ is_listed(
                'cast(cases.sentence_type as ' ~ dbt.type_string() ~ ')', 'conventions.no_prison_codes'
            ) }} then 0
        end as with_no_prison
    from {{ ref('stg_cases') }} as cases
    cross join conventions
)

select
    fiscal_year,
    {%- for code in case_codes() %}
        {{ code }},
    {%- endfor %}
    case when with_no_prison > cap then cap else with_no_prison end as sentence_months,
    with_no_prison as sentence_months_uncapped,
    case when sentence_months > cap then cap else sentence_months end as prison_months,
    sentence_months as prison_months_uncapped,
    guideline_minimum_months,
    guideline_maximum_months
from sentences

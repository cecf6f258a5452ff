{% set unit, power = column_case('decimals', [10000, 1000, 100, 10]),
    column_case('decimals', [1, 10, 100, 1000]) %}

with files as (select * from {{ ref('int_case_files') }}),

file_counts as (select count(*) > 0 as has_files from files),

tallies as (select * from {{ ref('int_case_tallies') }}),

-- An exact fraction, the numerator in ten-thousandths.
recomputed as (
    select
        questions.*,
        coalesce(now.is_hidden, false) or coalesce(earlier.is_hidden, false)
        or coalesce(wholes.is_hidden, false) as is_hidden,
        case
            when not file_counts.has_files then 'no case files read'
            when questions.reason is not null then questions.reason
            when files.fiscal_year is null
                then 'no case file of fiscal year ' || questions.fiscal_year || ' read'
            when questions.reference_fiscal_year is not null
                and earlier_files.fiscal_year is null
                then 'no case file of fiscal year '
                    || questions.reference_fiscal_year
                    || ' read'
        end as why_not,
        cast(10000 * cast(case questions.statistic
            when 'count' then now.case_count
            when 'mean' then now.number_sum
            when 'percent_change'
                then 100
                    * questions.base_unit_factor
                    * (now.case_count - earlier.case_count)
            else 100 * now.case_count
        end as decimal(20, 4)) as decimal(28, 0)) as numerator,
        cast(case questions.statistic
            when 'count' then 1
            when 'mean' then now.number_count
            when 'percent_change' then earlier.case_count
            when 'percent_of_category' then wholes.case_count
            else case questions.base
                    when 'known' then now.known_count else now.all_count
                end
        end as decimal(10, 0)) as denominator
    from {{ ref('int_case_questions') }} as questions
    cross join file_counts
    left join files on questions.fiscal_year = files.fiscal_year
    left join files as earlier_files
        on questions.reference_fiscal_year = earlier_files.fiscal_year
    {%- for alias, population, selecting, year in [
        ('now', 'population_id', 'questions.selecting_id', 'fiscal_year'),
        ('earlier', 'population_id', 'questions.selecting_id', 'reference_fiscal_year'),
        ('wholes', 'whole_population_id', "''", 'fiscal_year'),
    ] %}
        left join tallies as {{ alias }}
            on
                questions.{{ population }} = {{ alias }}.population_id
                and {{ selecting }} = {{ alias }}.selecting_id
                and questions.{{ year }} = {{ alias }}.fiscal_year
                and questions.classification_id = {{ alias }}.classification_id
                and questions.category_id = {{ alias }}.category_id
                and questions.case_measure = {{ alias }}.case_measure
    {%- endfor %}
),

rounded as (
    select
        *,
        case when why_not is null and not is_hidden and denominator > 0
                then {{ of_ten_thousandths(
                    unit ~ ' * ' ~ whole_division(
                        wide('numerator * ' ~ power), '10000 * ' ~ wide('denominator')
                    )
                ) }}
        end as recomputed_value
    from recomputed
),

judged as (
    select
        *,
        case
            when recomputed_value is null then 'not_recomputable'
            when
                (limit_kind = 'at_most' and obs_value <= recomputed_value)
                or (limit_kind = 'at_least' and obs_value >= recomputed_value)
                then 'not_recomputable'
            when
                is_exact and limit_kind is null and obs_value = recomputed_value
                then 'exact'
            when
                not is_exact and limit_kind is null
                and numerator between {{ ten_thousandths('value_low') }} * denominator
                and {{ ten_thousandths('value_high') }} * denominator
                then 'within_rounding'
            else 'differs'
        end as verdict
    from rounded
)

select
    observation_id,
    definition_id,
    definition_label,
    printed_value,
    recomputed_value,
    limit_kind,
    cast(
        case when limit_kind is null then recomputed_value - obs_value end
        as decimal(18, 4)
    ) as difference,
    verdict,
    case
        when verdict <> 'not_recomputable' then null
        when recomputed_value is not null
            then
                'the case files give only a bound: ' || replace(limit_kind, '_', ' ')
                || ' ' || {{ number_in_words('recomputed_value') }}
        when why_not is not null then why_not
        when is_hidden
            then 'fewer than {{ var("minimum_cases") }} cases would follow'
        else 'there are no such cases'
    end as reason
from judged

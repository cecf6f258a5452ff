with comparisons as (select * from {{ ref('int_comparisons') }}),

-- What the comparison leaves for the left number. A stated difference of two rounded
-- numbers is itself rounded; "more than two years" is less than three.
bounds as (
    select
        comparisons.*,
        case comparisons.comparator
            when 'greater' then comparisons.right_value
            when 'greatest' then comparisons.right_value
            when 'greater_by' then comparisons.right_low + comparisons.stated_difference
            when
                'greater_by_more_than'
                then comparisons.right_value + comparisons.stated_difference
        end as expected_low,
        case comparisons.comparator
            when 'less' then comparisons.right_value
            when
                'greater_by'
                then comparisons.right_high + comparisons.stated_difference
            when 'greater_by_more_than'
                then comparisons.right_value
                    + comparisons.stated_difference
                    + comparisons.stated_unit
        end as expected_high
    from comparisons
),

checks as (
    select
        'stated_comparison:' || comparison_id as check_id,
        'stated_comparison' as rule_id,
        exhibit_id,
        fiscal_year,
        left_observation_id as observation_id,
        row_label || ', "' || wording || '"' as subject,
        left_printed_value as printed_value,
        expected_low,
        expected_high,
        coalesce(
            case comparator
                when 'greater_by'
                    then left_high >= expected_low and left_low <= expected_high
                when 'greater_by_more_than'
                    then left_value > expected_low and left_value <= expected_high
                when 'less' then left_value < expected_high
                else left_value > expected_low
            end,
            false
        ) as is_consistent,
        coalesce(left_label || ' ' || left_printed_value, 'no such number')
        || ' against '
        || coalesce(right_label || ' ' || right_printed_value, 'no such number')
            as explanation
    from bounds
)

select * from checks

select
    'known_discrepancies, ' || declared.discrepancy_id || ': '
    || case
        when checks.check_id is null
            then 'expected an existing check, there is no ' || declared.check_id
        when checks.verdict = 'consistent'
            then
                'expected a number that is not consistent, but '
                || coalesce(checks.printed_value, 'the number')
                || ' is; the declaration has to go'
        when checks.verdict = 'inconsistent'
            then
                'expected ' || declared.exhibit_id || ' to print '
                || declared.printed_value || ', but the check is of '
                || checks.exhibit_id || ', which prints '
                || coalesce(checks.printed_value, 'nothing')
        else
            'expected row_number and column_name to be those at the end of '
            || declared.check_id
    end as failure
from {{ ref('known_discrepancies') }} as declared
left join {{ ref('fct_consistency_checks') }} as checks
    on declared.check_id = checks.check_id
where
    coalesce(checks.verdict, '') <> 'documented_discrepancy'
    or declared.check_id not like '%.' || declared.row_number
    || coalesce('.' || declared.column_name, '')

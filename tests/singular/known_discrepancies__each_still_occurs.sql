select
    'known_discrepancies, ' || declared.discrepancy_id || ': ' || declared.exhibit_id
    || ', row ' || declared.row_number || ', column ' || declared.column_name || ': '
    || case
        when checks.check_id is null
            then 'there is no check ' || declared.check_id
        when checks.printed_value <> declared.printed_value
            then
                'printed is ' || checks.printed_value || ', the declaration says '
                || declared.printed_value
        else 'the number is consistent, so that the declaration has to go'
    end as failure
from {{ ref('known_discrepancies') }} as declared
left join {{ ref('fct_consistency_checks') }} as checks
    on declared.check_id = checks.check_id
where
    checks.verdict is null
    or checks.verdict <> 'documented_discrepancy'
    or declared.check_id not like '%:' || declared.exhibit_id || '.%'
    or declared.check_id not like '%' || declared.row_number || '.'
    || declared.column_name

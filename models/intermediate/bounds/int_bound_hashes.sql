-- The hash of all constraints of a system and of what is bounded in it: a certificate
-- is of one system as it is, and of no other.
with texts as (
    select
        system_id,
        constraint_id || ' ' || variable_key || ' ' || coefficient || ' '
        || coalesce(cast(low as {{ dbt.type_string() }}), '')
        || ' '
        || coalesce(cast(high as {{ dbt.type_string() }}), '')
            as term
    from {{ ref('int_bound_terms') }}
    union all
    select
        system_id,
        bound_id as term
    from {{ ref('int_bound_targets') }}
)

select
    system_id,
    md5({{ joined('term', '|', 'term') }}) as system_hash
from texts
group by system_id

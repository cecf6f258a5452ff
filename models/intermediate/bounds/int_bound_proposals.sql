-- What the solver proposed for systems that are still exactly what it was given.
with bound_proposals as (
    select proposals.*
    from {{ ref('stg_bound_proposals') }} as proposals
    inner join {{ ref('int_bound_hashes') }} as systems
        on
            proposals.system_id = systems.system_id
            and proposals.system_hash = systems.system_hash
)

select * from bound_proposals

select
    'seeds/reference/' || coalesce(seeds.seed_name, reviewed.seed_name) || '.csv'
    || case
        when seeds.seed_name is null then ' is in reviewed.csv and is no seed'
        else ' is not the file that was reviewed: read what changed in it, then run'
            || ' make review, which enters its checksum, ' || seeds.checksum
    end as failure
from {{ source('raw', 'reference_seeds') }} as seeds
full outer join {{ ref('reviewed') }} as reviewed
    on seeds.seed_name = reviewed.seed_name
where coalesce(seeds.checksum, '') <> coalesce(reviewed.checksum, '')

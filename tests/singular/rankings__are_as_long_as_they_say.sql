-- Several can share the last rank.
with numbers as (
    select
        observations.exhibit_id,
        observations.obs_value,
        wordings.value_low as rank_count,
        max(
            case when wordings.wording is not null then observations.row_number end
        ) over (
            partition by
                observations.exhibit_id,
                observations.heading,
                observations.paragraph,
                observations.column_name,
                observations.measure_id,
                observations.classification_id
            order by observations.row_number
        ) as list_row
    from {{ ref('int_observations') }} as observations
    left join {{ ref('wordings') }} as wordings
        on
            observations.wording = wordings.wording
            and wordings.comparator = 'ranked'
),

lists as (
    select
        numbers.*,
        min(obs_value) over (partition by exhibit_id, list_row) as last_value
    from numbers
    where list_row is not null
)

select
    exhibit_id || ', row ' || list_row || ': expected ' || max(rank_count)
    || ' ranks, the last of which several can share, but keyed are ' || count(*)
    || ' numbers, ' || count(case when obs_value > last_value then 1 end)
    || ' of them above the last' as failure
from lists
group by exhibit_id, list_row
having
    count(*) < max(rank_count)
    or count(case when obs_value > last_value then 1 end) >= max(rank_count)

-- The numbers of a list that its words rank come in descending order; those that it
-- calls tied are the same. A list is the rows of one paragraph, column, measure and
-- classification, from the one that has the words on.
{% set rows_of_print -%}
    partition by
        exhibit_id, heading, paragraph, column_name, measure_id, classification_id
    order by row_number
{%- endset %}

with words as (
    select
        observations.*,
        wordings.comparator
    from {{ ref('int_observations') }} as observations
    left join {{ ref('wordings') }} as wordings
        on
            observations.wording = wordings.wording
            and wordings.wording_category = 'ranking'
),

numbers as (
    select
        observation_id,
        observation_key,
        row_number,
        max(case when comparator = 'ranked' then row_number end) over (
            {{ rows_of_print }} rows between unbounded preceding and current row
        ) as list_row,
        max(case when comparator = 'tied' then row_number end) over (
            {{ rows_of_print }} rows between unbounded preceding and 1 preceding
        ) as tie_row,
        lag(observation_key) over ({{ rows_of_print }}) as key_before
    from words
),

pairs as (
    select
        observation_id,
        observation_key,
        key_before,
        case when tie_row > list_row then 0 end as low
    from numbers
    where list_row < row_number
)

select {{ relation_term(
    id='observation_id', observation='observation_key', low='low', is_subject='true'
) }}
from pairs
union all
select {{ relation_term(
    id='observation_id', observation='key_before', coefficient='-1', low='low'
) }}
from pairs

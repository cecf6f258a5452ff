{%- set numbers = {
    'fct_population_totals': {
        'count_observation_id': 'offender_count',
        'mean_observation_id': 'mean_sentence_months',
        'age_observation_id': 'mean_age_years',
        'loss_observation_id': 'median_loss_dollars',
    },
    'fct_category_shares': {
        'count_observation_id': 'offender_count',
        'percent_observation_id': 'published_percent',
        'percent_of_category_observation_id': 'percent_of_category',
        'mean_observation_id': 'mean_sentence_months',
    },
} -%}

with numbers as (
    {% for fact, columns in numbers.items() %}
        {% for id, number in columns.items() %}
            select
                '{{ fact }}.{{ number }}' as place,
                {{ id }} as observation_id,
                cast({{ number }} as decimal(18, 4)) as number
            from {{ ref(fact) }}
            where {{ id }} is not null
            {% if not loop.last %} union all {% endif %}
        {% endfor %}
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
),

observations as (
    select * from {{ ref('fct_observations') }}
    where
        measure_id in (
            'offender_count', 'offender_percent', 'offender_percent_of_category',
            'mean_sentence_months', 'mean_age_years', 'median_loss_dollars'
        )
),

altered as (
    select
        numbers.place
        || ' is '
        || coalesce(cast(numbers.number as {{ dbt.type_string() }}), 'empty')
        || ', expected '
        || coalesce(cast(observations.obs_value as {{ dbt.type_string() }}), 'empty')
        || ', as ' || numbers.observation_id as failure
    from numbers
    inner join observations on numbers.observation_id = observations.observation_id
    where
        numbers.number <> observations.obs_value
        or (numbers.number is null) <> (observations.obs_value is null)
),

lost as (
    select
        observations.observation_id || ' is in no row of '
        || '{{ numbers.keys() | join(' or ') }}' as failure
    from observations
    left join numbers on observations.observation_id = numbers.observation_id
    where observations.is_preferred and numbers.observation_id is null
)

select failure from altered
union all
select failure from lost

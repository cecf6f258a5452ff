with observations as (
    select
        observations.*,
        measures.statistic
    from {{ ref('fct_observations') }} as observations
    inner join {{ ref('dim_measures') }} as measures
        on observations.measure_id = measures.measure_id
    where observations.obs_status = 'published'
),

-- What a number is decides which rule it cannot do without.
needed as (
    select
        observation_id,
        row_label,
        case statistic
            when 'percent' then 'attainable_percentage'
            when 'percent_change' then 'percent_change'
            when 'period' then 'period_length'
        end as rule_id
    from observations
    where statistic in ('percent', 'percent_change', 'period')
    union all
    select
        observation_id,
        row_label,
        'wording_agrees' as rule_id
    from observations
    where wording is not null
)

select
    needed.observation_id || ' (' || needed.row_label
    || '): expected a check of the rule ' || needed.rule_id
    || '; is its base, its reference or its fiscal year the right one?' as failure
from needed
left join {{ ref('fct_consistency_checks') }} as checks
    on
        needed.observation_id = checks.observation_id
        and needed.rule_id = checks.rule_id
where checks.check_id is null

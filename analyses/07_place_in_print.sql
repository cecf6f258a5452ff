-- Where in the report does each sentencing outcome stand?
-- Units differ from row to row: do not add rows up. A number that is printed more than
-- once is cited where it is preferred: in a table before a figure before the text.
with sentencing_outcomes as (select * from {{ ref('fct_sentencing_outcomes') }}),

observations as (select * from {{ ref('fct_observations') }}),

exhibits as (select * from {{ ref('dim_exhibits') }}),

cited_outcomes as (
    select
        sentencing_outcomes.fiscal_year,
        sentencing_outcomes.label,
        sentencing_outcomes.printed_value,
        sentencing_outcomes.unit,
        exhibits.title as exhibit_title,
        observations.locator,
        observations.footnote
    from sentencing_outcomes
    inner join observations
        on sentencing_outcomes.observation_id = observations.observation_id
    inner join exhibits on observations.exhibit_id = exhibits.exhibit_id
)

select * from cited_outcomes
order by fiscal_year, label

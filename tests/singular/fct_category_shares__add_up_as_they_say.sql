-- Counts that add up give the whole, percentages 100 within their rounding.
with lists as (
    select
        report_id || ', ' || population_id || ', ' || classification_id || ', '
        || fiscal_year as name_of_list,
        sum(offender_count) as offender_count,
        count(*) - count(offender_count) as missing_counts,
        max(population_offender_count) as population_offender_count,
        sum(published_percent_low) as percent_low,
        sum(published_percent_high) as percent_high,
        count(*) - count(published_percent) as missing_percentages
    from {{ ref('fct_category_shares') }}
    where adds_up and whole_category_key = 'population_total.total'
    group by report_id, population_id, classification_id, fiscal_year
)

select
    name_of_list
    || ': the rows that add up are '
    || offender_count
    || ' offenders, expected '
    || population_offender_count as failure
from lists
where missing_counts = 0 and offender_count <> population_offender_count
union all
select
    name_of_list
    || ': the rows that add up are '
    || percent_low
    || ' to '
    || percent_high
    || ' percent, expected 100' as failure
from lists
where missing_percentages = 0 and not 100 between percent_low and percent_high

with rows_keyed as (
    {%- for model, numbers in [('int_observations', 1), ('int_comparisons', 0)] %}
        select
            exhibit_id,
            row_number,
            cast(fiscal_year as {{ dbt.type_string() }}) as fiscal_year,
            heading,
            paragraph,
            footnote,
            {{ numbers }} as number_count
        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

-- A table is one place; a paragraph is one.
counted as (
    select
        exhibit_id,
        count(distinct row_number) as printed_row_count,
        sum(number_count) as printed_number_count,
        count(distinct heading || coalesce(' ' || paragraph, '')) as paragraph_count,
        {{ joined('distinct fiscal_year', '|', 'fiscal_year') }} as fiscal_years,
        {{ joined('distinct footnote', '|', 'footnote') }} as footnotes
    from rows_keyed
    group by exhibit_id
)

select
    exhibits.exhibit_id,
    exhibits.report_id,
    exhibits.exhibit_type,
    exhibits.exhibit_number,
    exhibits.title,
    exhibits.sort_order,
    exhibits.population_id,
    counted.fiscal_years,
    cast(counted.printed_row_count as integer) as printed_row_count,
    cast(counted.printed_number_count as integer) as printed_number_count,
    exhibits.printed_wording_count,
    cast(counted.paragraph_count as integer) as paragraph_count,
    counted.footnotes,
    exhibits.keyed_on,
    exhibits.keyed_from
from {{ ref('exhibits') }} as exhibits
left join counted on exhibits.exhibit_id = counted.exhibit_id
order by exhibits.report_id, exhibits.sort_order

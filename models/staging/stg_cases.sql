{{ config(materialized='ephemeral') }}

-- Never stored: it is part of the queries that count.
select
    cast(fiscal_year as integer) as fiscal_year,
    {%- for code in case_codes() %}
        cast({{ code }} as integer) as {{ code }},
    {%- endfor %}
    cast(sentence_months as decimal(12, 4)) as sentence_months,
    cast(guideline_minimum_months as decimal(12, 4)) as guideline_minimum_months,
    cast(guideline_maximum_months as decimal(12, 4)) as guideline_maximum_months
from {{ case_rows() }}

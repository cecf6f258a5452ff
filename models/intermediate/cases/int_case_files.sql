{{ config(materialized='ephemeral') }}

select * from {{ ref('stg_case_files') }}

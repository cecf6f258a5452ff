select fiscal_year, file_name, case_count, left(sha256, 16) as sha256 from marts.dim_case_files order by fiscal_year

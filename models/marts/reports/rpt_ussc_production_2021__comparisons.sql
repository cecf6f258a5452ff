-- Written by `make scaffold` from the seeds: edit those.
{{ report_comparisons(exhibit_id='ussc_production_2021.comparisons') }}

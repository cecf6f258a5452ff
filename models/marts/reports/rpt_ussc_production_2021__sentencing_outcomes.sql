-- Written by `make scaffold` from the seeds: edit those.
{{ report_exhibit() }}

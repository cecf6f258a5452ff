{{ category_fact('coercion_approach_counts', 'coercion_offenders') }}

{{ category_fact('coercion_approach_counts') }}

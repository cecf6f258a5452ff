{{ category_fact('coercion_methods') }}

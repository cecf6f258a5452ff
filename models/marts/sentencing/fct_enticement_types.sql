{{ category_fact('enticement_types') }}

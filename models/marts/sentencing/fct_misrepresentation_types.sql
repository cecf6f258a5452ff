{{ category_fact('misrepresentation_types') }}

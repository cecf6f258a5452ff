"""The warehouse: its file, its manifest, its seeds, and running dbt."""

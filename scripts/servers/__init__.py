"""Servers that serve the warehouse: PostgreSQL, Apache Superset."""

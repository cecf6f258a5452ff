"""Builds, releases and servers: everything that publishes the warehouse."""

"""Exports of the marts."""

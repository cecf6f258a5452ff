"""The formats that have a file for each mart: CSV, Parquet and JSON, all written by DuckDB."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from export.tables import base_type, scale
from warehouse.database import quoted, text
from warehouse.manifest import Mart


def write_files(
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    table: str,
    folder: Path,
    formats: Sequence[str],
) -> None:
    """Write the rows of a mart, which are in a table, in each of the formats."""
    descriptions = json.dumps(
        {column.name: column.description for column in mart.columns}, ensure_ascii=False
    )
    copies = {
        # RFC 4180; a null is an empty field, an empty text is quoted.
        "csv": (table, "format csv, header true, delimiter ',', nullstr ''"),
        "json": (f"(select {_json_columns(mart)} from {table})", "format json, array true"),
        "parquet": (
            table,
            "format parquet, compression zstd, kv_metadata "
            f"{{description: {text(mart.description)}, columns: {text(descriptions)}}}",
        ),
    }
    for name in formats:
        if name in copies:
            what, options = copies[name]
            (folder / name).mkdir(exist_ok=True)
            target = text(str(folder / name / f"{mart.name}.{name}"))
            connection.execute(f"copy {what} to {target} ({options})")


def _json_columns(mart: Mart) -> str:
    """Return a select list that makes DuckDB write each decimal with all digits of its scale.

    It writes decimals of fewer than ten digits by way of a double, which drops the zeros at the
    end.
    """
    return ", ".join(
        f"{quoted(column.name)}::decimal(38,{scale(column.data_type)}) as {quoted(column.name)}"
        if base_type(column.data_type) == "decimal"
        else quoted(column.name)
        for column in mart.columns
    )

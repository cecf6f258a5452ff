"""The marts in the warehouse: their columns, and their rows in the order of the exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from warehouse.database import quoted, text
from warehouse.manifest import Mart
from warehouse.project import UserError

# DuckDB type (without its arguments) -> type in a Table Schema. Other types cannot be exported.
FIELD_TYPES = {
    "varchar": "string",
    "integer": "integer",
    "bigint": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
}


def base_type(data_type: str) -> str:
    """Return a type without its arguments: `decimal` of `decimal(6,2)`."""
    return data_type.partition("(")[0]


def scale(data_type: str) -> int:
    """Return the decimals of `decimal(precision,scale)`."""
    return int(re.split(r"[(),]", data_type)[2])


def with_columns(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> list[Mart]:
    """Give all marts of a manifest the columns of the warehouse, in its order and with its types.

    Raises:
        UserError: the warehouse lacks one of the marts or has others, a mart has other columns
            than its manifest declares, or a column has a type that cannot be exported.

    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and not internal"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = data_type.lower()
    schemas = {mart.schema for mart in marts}
    in_warehouse = {key for key in found if key[0] in schemas}
    in_manifest = {(mart.schema, mart.name) for mart in marts}
    hint = "warehouse and manifest are not of the same build: run the build again"
    for _, name in sorted(in_manifest - in_warehouse):
        raise UserError(f"the warehouse has no mart {name}, the manifest has: {hint}")
    for _, name in sorted(in_warehouse - in_manifest):
        raise UserError(f"the manifest has no mart {name}, the warehouse has: {hint}")
    return [_with_columns(mart, found[mart.schema, mart.name], hint) for mart in marts]


def _with_columns(mart: Mart, types: dict[str, str], hint: str) -> Mart:
    declared = {column.name: column for column in mart.columns}
    different = sorted(set(declared).symmetric_difference(types))
    if different:
        raise UserError(f"the columns of {mart.name} differ in {', '.join(different)}: {hint}")
    for name, data_type in types.items():
        if base_type(data_type) not in FIELD_TYPES:
            raise UserError(
                f"{mart.name}.{name} is of type {data_type}, which cannot be exported: "
                f"cast it to one of {', '.join(FIELD_TYPES)} in its model"
            )
    columns = (replace(declared[name], data_type=data_type) for name, data_type in types.items())
    return replace(mart, columns=tuple(columns))


def count_rows(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> dict[str, int]:
    """Return the number of rows of each mart."""
    rows = {}
    for mart in marts:
        [[rows[mart.name]]] = connection.execute(f"select count(*) from {mart.relation}").fetchall()
    return rows


@contextmanager
def sorted_table(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Iterator[str]:
    """Sort the rows of a mart into a temporary table, and give its name.

    So a view is computed and a mart sorted once, not once for each format. DuckDB keeps the order.
    """
    table = f"temp.{quoted(mart.name)}"
    order = ", ".join(f"{quoted(name)} nulls last" for name in row_order(mart))
    connection.execute(f"create temp table {table} as from {mart.relation} order by {order}")
    try:
        yield table
    finally:
        connection.execute(f"drop table {table}")


def row_order(mart: Mart) -> list[str]:
    """Return the columns that a mart is sorted by: in the printed order, then by key.

    The order is total (by all columns where there is no key), so that exports are reproducible.
    """
    names = [column.name for column in mart.columns]
    if "row_number" in names:  # of the printed row in its exhibit
        leading = ["report_id", "exhibit_id", "row_number"]
    elif "sort_order" in names:  # of the category in its classification
        leading = ["report_id", "exhibit_id", "fiscal_year", "classification_id", "sort_order"]
    else:
        leading = ["report_id", "exhibit_id", "fiscal_year"]
    leading = [name for name in leading if name in names and (name,) != mart.primary_key]
    return list(dict.fromkeys([*leading, *(mart.primary_key or names)]))


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

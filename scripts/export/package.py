"""The data package: what datapackage.json says about the files of an export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from export.tables import FIELD_TYPES, base_type
from export.workbook import TITLE, WORKBOOK
from warehouse.database import quoted
from warehouse.manifest import ForeignKey, Mart

PACKAGE_NAME = "sentencing-warehouse"
DESCRIPTION = (
    "Aggregate statistics from reports of the U.S. Sentencing Commission as relational tables: "
    "counts of offenders, percentages (0 to 100) and mean sentences in months. Text columns keep "
    "numbers as printed. In CSV only an empty field is a null: words such as None are categories, "
    "so read with pandas as keep_default_na=False, na_values=['']."
)
LICENSE = {"name": "other-pd", "title": "U.S. government work"}
PROFILES = "https://datapackage.org/profiles/2.0"
MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def data_package(
    connection: duckdb.DuckDBPyConnection,
    marts: Sequence[Mart],
    formats: Sequence[str],
    sheets: dict[str, str],
    left_out: dict[str, str],
    folder: Path,
    checksums: dict[str, str],
) -> dict[str, Any]:
    """Return the Data Package (version 2) that describes one file of each mart.

    It describes the first of the formats; `left_out` says of each mart that the workbook leaves out
    where its rows are instead. Checksums are by path in the folder.
    """
    # Title and address of each publication that the warehouse holds.
    sources = connection.execute(
        "select title, landing_url from marts.dim_reports order by report_id"
    ).fetchall()
    resources = []
    for mart in marts:
        file_format = next(f for f in formats if f != "xlsx" or mart.name not in left_out)
        path = WORKBOOK if file_format == "xlsx" else f"{file_format}/{mart.name}.{file_format}"
        resource: dict[str, Any] = {
            "$schema": f"{PROFILES}/dataresource.json",
            "name": mart.name,
            "type": "table",
            "description": mart.description,
            "path": path,
            "format": file_format,
            "mediatype": MEDIA_TYPES[file_format],
        }
        if file_format in ("csv", "json"):
            resource["encoding"] = "utf-8"
        if file_format == "xlsx":
            # The word of the standard, and the one that the frictionless library reads.
            sheet = sheets[mart.name]
            resource["dialect"] = {"sheetName": sheet, "excel": {"sheet": sheet}}
        resource["bytes"] = (folder / path).stat().st_size
        resource["hash"] = f"sha256:{checksums[path]}"
        resource["schema"] = _table_schema(connection, mart, {other.name for other in marts})
        resources.append(resource)
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": PACKAGE_NAME,
        "title": TITLE,
        "description": " ".join([DESCRIPTION, *left_out.values()]),
        "licenses": [LICENSE],
        "sources": [{"title": title, "path": url} for title, url in sources],
        "resources": resources,
    }


def _table_schema(
    connection: duckdb.DuckDBPyConnection, mart: Mart, exported: set[str]
) -> dict[str, Any]:
    """Return the Table Schema of a mart, with the foreign keys that stay within the export."""
    fields = []
    for column in mart.columns:
        field: dict[str, Any] = {
            "name": column.name,
            "type": FIELD_TYPES[base_type(column.data_type)],
            "description": column.description,
        }
        if column.is_required:
            field["constraints"] = {"required": True}
        fields.append(field)
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if mart.primary_key:
        schema["primaryKey"] = list(mart.primary_key)
    for key in mart.foreign_keys:
        if key.to in exported and _is_whole(connection, mart, key):
            # A reference to the table itself leaves out the resource.
            to = {} if key.to == mart.name else {"resource": key.to}
            reference = {**to, "fields": list(key.to_columns)}
            known = schema.setdefault("foreignKeys", [])
            known.append({"fields": list(key.columns), "reference": reference})
    return schema


def _is_whole(connection: duckdb.DuckDBPyConnection, mart: Mart, key: ForeignKey) -> bool:
    """Say whether the columns of a foreign key are null together or not at all.

    A null in one of several columns means no reference in SQL, but Table Schema has no words for
    it: such a key is left out of the package. It is in the data dictionary of the workbook.
    """
    optional = {column.name for column in mart.columns if not column.is_required}
    if len(key.columns) == 1 or not optional.intersection(key.columns):
        return True
    nulls = " + ".join(f"({quoted(name)} is null)::integer" for name in key.columns)
    partial = connection.execute(
        f"select 1 from {mart.relation} where {nulls} between 1 and {len(key.columns) - 1} limit 1"
    ).fetchall()
    return not partial

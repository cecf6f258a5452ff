"""Export the marts: CSV, Parquet, JSON, one Excel workbook, and a Frictionless Data Package.

Which marts there are, their descriptions and their keys come from the dbt manifest; columns, types
and values from the warehouse. The same warehouse and manifest give the same bytes. Layout of the
output folder:

    csv/<mart>.csv  parquet/<mart>.parquet  json/<mart>.json  sentencing_warehouse.xlsx
    datapackage.json  SHA256SUMS
    csv/<mart>.csv-metadata.json  sdmx/  CITATION.cff   where the standards are asked for
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from export.package import PACKAGE_NAME, data_package
from export.tables import count_rows, sorted_table, with_columns, write_files
from export.workbook import WORKBOOK, Workbook, sheet_names, too_large
from publish.folder import CHECKSUMS, files_below, listed, refuse_others, replaced_folder
from standards.files import write_standards
from warehouse.database import connect_read_only, text
from warehouse.manifest import check_build_id, read_marts
from warehouse.project import UserError, sha256

# The first of these that is exported is the one that datapackage.json points at: the plainest, then
# what the frictionless library can check.
FORMATS = ("csv", "xlsx", "json", "parquet")
PACKAGE = "datapackage.json"

# What DuckDB may use, however large a mart is; what does not fit goes to disk. More threads would
# need more memory.
MEMORY = "512MiB"
THREADS = 1
FETCHED_ROWS = 10_000  # rows of a sheet in memory at a time


def export(
    warehouse: Path,
    output: Path,
    manifest: Path,
    formats: Sequence[str] = FORMATS,
    marts: Sequence[str] | None = None,
    standards: bool = False,
) -> dict[str, int]:
    """Export marts (all by default) to a folder, whole or not at all; return the rows of each.

    A mart with more rows than an Excel sheet holds is left out of the workbook, and workbook and
    data package say so.

    Raises:
        UserError: unknown format or mart, no usable warehouse or manifest, warehouse and manifest
            that do not belong together, a folder that cannot be replaced, a text too long for
            Excel, or a mart too large for Excel and no other format.

    """
    # The folder first: under its lock, no build replaces what is read here.
    with (
        replaced_folder(output, check_is_export) as folder,
        connect_read_only(warehouse) as connection,
    ):
        described = read_marts(manifest)
        build_id = check_build_id(connection, manifest)
        formats = _chosen(formats, FORMATS, "format")
        known = [mart.name for mart in described]
        names = _chosen(known if marts is None else marts, known, "mart")
        chosen = [mart for mart in with_columns(connection, described) if mart.name in names]
        # Sheet names come from all marts, so that they do not depend on which are exported.
        sheets = sheet_names(known)
        spilled = folder / ".spilled"
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute(f"set threads = {THREADS}")
        connection.execute(f"set temp_directory = {text(str(spilled))}")
        rows = count_rows(connection, chosen)
        left_out = too_large(rows, formats)
        workbook = Workbook(folder / WORKBOOK) if "xlsx" in formats else None
        if workbook:
            workbook.write_contents(chosen, rows, sheets, left_out)
            workbook.write_dictionary(chosen)
        for mart in chosen:
            with sorted_table(connection, mart) as table:
                write_files(connection, mart, table, folder, formats)
                if workbook and mart.name not in left_out:
                    workbook.write_mart(mart, sheets[mart.name], _rows(connection, table))
        if workbook:
            workbook.close()
        if standards:
            write_standards(connection, with_columns(connection, described), manifest, folder)
        shutil.rmtree(spilled, ignore_errors=True)
        checksums = {path: sha256(folder / path) for path in files_below(folder)}
        package = data_package(connection, chosen, formats, sheets, left_out, folder, checksums)
        package["build_id"] = build_id
        content = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
        (folder / PACKAGE).write_text(content, encoding="utf-8")
        checksums[PACKAGE] = sha256(folder / PACKAGE)
        lines = [f"{checksums[path]}  {path}\n" for path in sorted(checksums)]
        (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return rows


def _chosen(wanted: Iterable[str], known: Sequence[str], what: str) -> list[str]:
    """Return the wanted names, each once, in the order of the known ones."""
    wanted = list(wanted)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UserError(f"unknown {what} {unknown[0]!r}: choose from {', '.join(known)}")
    if not wanted:
        raise UserError(f"no {what} to export: choose from {', '.join(known)}")
    return [name for name in known if name in wanted]


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[Any, ...]]:
    result = connection.execute(f"select * from {table}")
    while rows := result.fetchmany(FETCHED_ROWS):
        yield from rows


def check_is_export(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an export."""
    try:
        is_export = json.loads((folder / PACKAGE).read_bytes())["name"] == PACKAGE_NAME
    except (FileNotFoundError, IsADirectoryError, ValueError, KeyError, TypeError):
        is_export = False
    refuse_others(folder, "an export", files_below(folder), listed(folder) if is_export else set())

"""The sheets that the print is keyed in, and loading them into the raw schema of a warehouse.

A sheet is a CSV file `seeds/<report>/raw_<report>__<exhibit>.csv`, a row a row of the print. Its
columns are, in this order: row_number; the row's label, under the heading that it has in print; any
of CODES, for what its exhibit does not say for all rows; the columns of printed numbers; any of
CLOSING. A sheet of comparisons has COMPARISON before its one number.

What each number is, is keyed a second time in `seeds/<report>/second_keying.csv`, a row a row of
the print.

Loading makes tables of text: `raw.cells`, a row a printed number; `raw.comparisons`, a row a
comparison; `raw.second_keying`; `raw.reference_seeds`, the checksums of the reference seeds;
`raw.bound_proposals`, what the solver has proposed (`bounds.propose`), empty if there is nothing;
and `raw.case_files`, the case files that the build uses (`cases.cache`).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import duckdb

from warehouse.database import quoted, text

CODES = (
    "fiscal_year",
    "population_id",
    "category_key",
    "measure_id",
    "reference_fiscal_year",
    "reference_category_id",
    "percent_base",
)
COMPARISON = ("compared_exhibit", "compared_column", "left_row", "right_row")
CLOSING = ("printed_unit", "wording", "heading", "paragraph", "footnote")
FRAME = {"row_number", *CODES, *COMPARISON, *CLOSING}

_ROW = ("report_id", "exhibit_id", "row_number", "row_label")
_NUMBER = ("column_number", "column_name", "printed_value")
CELLS = (*_ROW, *CODES, *_NUMBER, *CLOSING)
# What the second keying says of a row of print, beside its exhibit and number.
KEYED_TWICE = (
    "fiscal_year",
    "population_id",
    "category_key",
    "reference",
    "percent_base",
    "printed_unit",
    "measures",
    "paragraph",
    "footnote",
)
CHECKSUMS = ("seed_name", "checksum")
PROPOSALS = (
    "system_id",
    "system_hash",
    "bound_id",
    "side",
    "kind",
    "case_path",
    "item",
    "numerator",
    "denominator",
)
CASE_FILES = ("fiscal_year", "file_name", "form", "sha256", "case_count")
SECOND_KEYING = ("exhibit", "row_number", *KEYED_TWICE)
COMPARISONS = (*_ROW, "fiscal_year", *COMPARISON, "printed_value", *CLOSING)


@dataclass(frozen=True)
class Sheet:
    """A sheet: its file, the columns of its header, and its rows."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    @property
    def report_id(self) -> str:
        """Code of the report, the name of the folder."""
        return self.path.parent.name

    @property
    def exhibit_id(self) -> str:
        """Code of the exhibit."""
        return f"{self.report_id}.{self.path.stem.rpartition('__')[2]}"

    @property
    def label(self) -> str:
        """Name of the column that has the row labels."""
        return self.columns[1]

    @property
    def numbers(self) -> list[str]:
        """Names of the columns that have printed numbers."""
        return [name for name in self.columns if name not in {*FRAME, self.label}]

    def cells(self) -> Iterator[dict[str, str]]:
        """Give the printed numbers, as rows of `raw.cells`."""
        for row in self.rows:
            for position, column in enumerate(self.numbers, start=1):
                if row[column]:
                    number = dict(zip(_NUMBER, (str(position), column, row[column]), strict=True))
                    yield {**row, **self._place(row), **number}

    def comparisons(self) -> Iterator[dict[str, str]]:
        """Give the comparisons, as rows of `raw.comparisons`."""
        if "left_row" in self.columns:
            for row in self.rows:
                yield {**row, **self._place(row)}

    def _place(self, row: dict[str, str]) -> dict[str, str]:
        place = (self.report_id, self.exhibit_id, row["row_number"], row[self.label])
        return dict(zip(_ROW, place, strict=True))


def sheet_paths(project: Path) -> list[Path]:
    """List the files of all sheets of a project."""
    return sorted((project / "seeds").glob("*/raw_*__*.csv"))


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read the rows of a seed, all cells as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_sheet(path: Path) -> Sheet:
    """Read a sheet whose form has been checked."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return Sheet(path, tuple(rows.fieldnames or ()), tuple(rows))


def second_keyings(project: Path) -> Iterator[dict[str, str]]:
    """Give the second keying of all reports, as rows of `raw.second_keying`."""
    for path in sorted((project / "seeds").glob("*/second_keying.csv")):
        for row in read_csv(path):
            yield {"exhibit_id": f"{path.parent.name}.{row['exhibit']}", **row}


def proposals_path(project: Path) -> Path:
    """Return where the solver's proposals of bounds are kept."""
    return project / ".work" / "bounds.csv"


def proposals(project: Path) -> list[dict[str, str]]:
    """Return what the solver has proposed, as rows of `raw.bound_proposals`."""
    path = proposals_path(project)
    return read_csv(path) if path.exists() else []


def case_files() -> list[dict[str, str]]:
    """Return the case files that this build uses: those that the command `cases` has read."""
    listed = os.environ.get("CASE_FILES")
    return read_csv(Path(listed)) if listed else []


def checksums(project: Path) -> list[dict[str, str]]:
    """Return the checksum of each reference seed but that of the checksums."""
    seeds = sorted((project / "seeds" / "reference").glob("*.csv"))
    return [
        {"seed_name": path.stem, "checksum": checksum(path)}
        for path in seeds
        if path.stem != "reviewed"
    ]


def enter_checksums(project: Path) -> list[dict[str, str]]:
    """Write the checksums to `reviewed.csv`, and return those that it did not have."""
    path = project / "seeds" / "reference" / "reviewed.csv"
    before = read_csv(path)
    rows = checksums(project)
    write_csv(path, rows, CHECKSUMS)
    return [row for row in rows if row not in before]


def checksum(path: Path) -> str:
    """Return the first eight digits of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


Tables = dict[str, tuple[tuple[str, ...], list[dict[str, str]]]]


def raw_tables(project: Path) -> Tables:
    """Give the tables of the raw schema: name -> columns, all text, and rows; blank is null."""
    sheets = [read_sheet(path) for path in sheet_paths(project)]
    return tables_of(sheets) | {
        "second_keying": (("exhibit_id", *SECOND_KEYING[1:]), list(second_keyings(project))),
        "reference_seeds": (CHECKSUMS, checksums(project)),
        "bound_proposals": (PROPOSALS, proposals(project)),
        "case_files": (CASE_FILES, case_files()),
    }


def tables_of(sheets: Iterable[Sheet]) -> Tables:
    """Give the raw tables that sheets make."""
    sheets = list(sheets)
    return {
        "cells": (CELLS, [cell for sheet in sheets for cell in sheet.cells()]),
        "comparisons": (COMPARISONS, [row for sheet in sheets for row in sheet.comparisons()]),
    }


def load_sheets(connection: duckdb.DuckDBPyConnection, project: Path) -> None:
    """Make the tables of the raw schema anew from the sheets of a project."""
    connection.execute("create schema if not exists raw")
    fill(connection, raw_tables(project))


def fill(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """Make tables of the raw schema anew."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (columns, rows) in tables.items():
            file = Path(folder) / f"{name}.csv"
            write_csv(file, rows, columns)
            connection.execute(f"create or replace table raw.{name} {text_columns(columns)}")
            connection.execute(f"copy raw.{name} from {text(str(file))} (format csv, header true)")


def descriptions(manifest: Path) -> Iterator[str]:
    """Give the statements that store dbt's descriptions of the raw tables, which are sources."""
    for source in json.loads(manifest.read_bytes())["sources"].values():
        yield from comments(f"{source['schema']}.{source['name']}", source)


def comments(table: str, node: dict[str, Any]) -> Iterator[str]:
    """Give the statements that store what dbt says of a node and its columns with its table."""
    yield f"comment on table {table} is {text(node['description'])}"
    for name, column in node["columns"].items():
        yield f"comment on column {table}.{quoted(name)} is {text(column['description'])}"


def text_columns(columns: Iterable[str]) -> str:
    """Give the columns of a raw table in SQL."""
    return "(" + ", ".join(f"{column} text" for column in columns) + ")"


def write_rows(file: TextIO, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    """Write rows as CSV that any engine can copy from; absent and blank are empty."""
    writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def write_csv(path: Path, rows: Iterable[dict[str, str]], columns: Iterable[str] = ()) -> None:
    """Write rows as a seed, with the columns of the first unless they are given."""
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, tuple(columns or rows[0]), rows)

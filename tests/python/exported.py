"""A copy of the built warehouse to alter and to export."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import pytest

from conftest import Built
from export.marts import export
from warehouse.database import connect_read_only

FEW = ["dim_measures", "dim_populations", "dim_reports", "fct_offenders_by_fiscal_year"]


@dataclass
class Copy:
    """A copy of a built warehouse, and the folder that its exports go to."""

    warehouse: Path
    manifest: Path
    exports: Path

    def change(self, sql: str) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql)

    def export(self, **options: Any) -> dict[str, int]:
        """Export a few marts, or those that are named."""
        return export(self.warehouse, self.exports, self.manifest, **{"marts": FEW} | options)

    def options(self) -> list[str]:
        """Give the options that export a few marts."""
        given = [f"--warehouse={self.warehouse}", f"--output={self.exports}"]
        return [*given, f"--manifest={self.manifest}", "--marts", *FEW]

    def leftovers(self) -> list[str]:
        """Name what is beside the exports."""
        return [path.name for path in self.exports.parent.iterdir() if path != self.exports]


def copy_of(built: Built, folder: Path) -> Copy:
    copy = Copy(folder / "w.duckdb", folder / "manifest.json", folder / "out" / "exports")
    shutil.copyfile(built.warehouse, copy.warehouse)
    shutil.copyfile(built.manifest, copy.manifest)
    return copy


@pytest.fixture
def copy(built: Built, tmp_path: Path) -> Copy:
    return copy_of(built, tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def assert_checksums_hold(folder: Path) -> None:
    """Check that SHA256SUMS lists exactly the files that are there, with their checksums."""
    files = contents(folder)
    lines = files.pop("SHA256SUMS").decode().splitlines()
    assert lines == [f"{hashlib.sha256(files[path]).hexdigest()}  {path}" for path in sorted(files)]


def mart_types(warehouse: Path) -> dict[str, dict[str, str]]:
    """Read the DuckDB type of each column of each mart, in lower case."""
    types: dict[str, dict[str, str]] = {}
    with connect_read_only(warehouse) as connection:
        for mart, column, kind in connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns()"
            " where schema_name = 'marts' order by table_name, column_index"
        ).fetchall():
            types.setdefault(mart, {})[column] = kind
    return types


def mart_rows(warehouse: Path, mart: str) -> list[tuple[Any, ...]]:
    with connect_read_only(warehouse) as connection:
        return connection.execute(f"from marts.{mart}").fetchall()


def package_of(exports: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((exports / "datapackage.json").read_bytes())
    return found


def assert_package_is_valid(exports: Path) -> None:
    report = frictionless.validate(str(exports / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note", "rowNumber"])
    assert len(report.tasks) == len(package_of(exports)["resources"])

"""A small warehouse to export, and readers that give an export back as the marts hold it."""

from __future__ import annotations

import datetime
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Paths
from typing import Any

import duckdb
import frictionless
import openpyxl
import pandas
import pyarrow.parquet
import pytest

from conftest import PROJECT, Built
from export.marts import export
from warehouse.database import connect_read_only

SCRIPTS = PROJECT / "scripts"
LONG_NAME = "rpt_an_agency_long_report_2021__table_1"  # longer than a sheet name


# A small warehouse

TABLES = f"""
create schema marts;
create table marts.dim_reports as
    select 'r1' as report_id, 'Report 1' as title, 'https://example.org/r1' as landing_url,
        date '2021-10-01' as publication_date;
create table marts.dim_populations (
    population_id varchar, parent_population_id varchar, label varchar, is_final boolean
);
insert into marts.dim_populations values
    ('all', null, 'All, of "them"', true), ('some', 'all', e'two\\nlines', false),
    ('few', 'some', ' None ', null);
create table marts.dim_categories (classification_id varchar, category_id varchar, label varchar);
insert into marts.dim_categories values
    ('kinds', 'b', '=1+1'), ('kinds', 'a', 'http://a'), ('sizes', 'a', '<r>é & "b"</r>');
create table marts.fct_values (
    value_id varchar, population_id varchar, classification_id varchar, category_id varchar,
    sort_order integer, printed_value varchar, obs_value decimal(18,4), percent decimal(6,2),
    large_count bigint, observed_on date, is_exact boolean
);
insert into marts.fct_values values
    ('v1', 'all', 'kinds', 'b', 2, '1.0', 1.5, 0.50, 123456789012345, '2019-09-30', true),
    ('v2', 'some', 'kinds', 'a', 1, '056', -0.0001, 56.60, 9007199254740993, null, false),
    ('v3', 'few', null, null, 3, null, 12345678901234.1234, null, 0, '1999-12-31', null),
    ('v4', null, 'sizes', 'a', null, 'life', null, 100, null, '2020-02-29', true);
create view marts.{LONG_NAME} as
    select sort_order as row_number, printed_value, obs_value from marts.fct_values;
create schema staging;
create table staging.stg_values as select 1.5::double as d;
"""
DESCRIPTIONS = {
    "dim_reports": "One row per report.",
    "dim_populations": "One row per population.\nIt has a parent.\n\nKey: `population_id`.",
    "dim_categories": "One row per category.",
    "fct_values": "One row per value, 'quoted'.",
    LONG_NAME: "Table 1 as printed.",
}
CATEGORY = ["classification_id", "category_id"]


def unique(*columns: str) -> dict[str, Any]:
    return {"unique_combination_of_columns": {"combination_of_columns": list(columns)}}


def reference(columns: list[str], to: str, to_columns: list[str]) -> dict[str, Any]:
    return {"columns": columns, "to": f"ref('{to}')", "to_columns": to_columns}


PARENT = reference(["parent_population_id"], "dim_populations", ["population_id"])
POPULATION = reference(["population_id"], "dim_populations", ["population_id"])
TESTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [  # model, {test: arguments}, config
    ("dim_reports", unique("report_id"), {}),
    ("dim_populations", unique("label"), {}),
    ("dim_populations", unique("population_id"), {"meta": {"primary_key": True}}),
    ("dim_populations", {"not_null": {"column_name": "population_id"}}, {}),
    ("dim_populations", {"not_null": {"columns": ["is_final"]}}, {"where": "false"}),
    ("dim_populations", {"relationships": {"keys": [PARENT]}}, {}),
    ("dim_categories", unique(*CATEGORY), {}),
    ("dim_categories", {"not_null": {"columns": CATEGORY}}, {}),
    ("fct_values", unique("printed_value"), {}),
    ("fct_values", unique("value_id"), {}),
    (
        "fct_values",
        {"relationships": {"keys": [POPULATION, reference(CATEGORY, "dim_categories", CATEGORY)]}},
        {},
    ),
]


def manifest_of(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    nodes: dict[str, dict[str, Any]] = {}
    for name, description in DESCRIPTIONS.items():
        columns = connection.execute(
            "select column_name from duckdb_columns() where table_name = ?", [name]
        ).fetchall()
        nodes[name] = {
            "resource_type": "model",
            "name": name,
            "alias": name,
            "schema": "marts",
            "description": description,
            "config": {"schema": "marts", "meta": {}},
            "columns": {c: {"name": c, "description": f"{c} of {name}."} for (c,) in columns},
        }
    nodes["fct_values"]["config"]["meta"]["grain"] = ["value_id"]
    nodes["stg_values"] = nodes["dim_reports"] | {"config": {"schema": "staging"}}
    for number, (model, test, config) in enumerate(TESTS):
        [(kind, arguments)] = test.items()
        nodes[f"test {number:02}"] = {
            "resource_type": "test",
            "attached_node": model,
            "test_metadata": {"name": kind, "kwargs": arguments},
            "config": config,
            "depends_on": {"nodes": list(DESCRIPTIONS)},
        }
    return {"nodes": nodes}


@pytest.fixture
def small(tmp_path: Path) -> Paths:
    """Paths of a warehouse of five marts, of its manifest, and of a folder yet to be made."""
    paths = Paths(
        warehouse=tmp_path / "warehouse.duckdb",
        manifest=tmp_path / "manifest.json",
        exports=tmp_path / "build" / "exports",
    )
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(TABLES)
        paths.manifest.write_text(json.dumps(manifest_of(connection)))
    return paths


def change(paths: Paths, sql: str) -> None:
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(sql)


def run_export(paths: Paths, **options: Any) -> dict[str, int]:
    return export(paths.warehouse, paths.exports, paths.manifest, **options)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def assert_checksums_hold(folder: Path) -> None:
    """Check that SHA256SUMS lists exactly the files that are there, with their checksums."""
    files = contents(folder)
    lines = files.pop("SHA256SUMS").decode().splitlines()
    assert lines == [f"{hashlib.sha256(files[path]).hexdigest()}  {path}" for path in sorted(files)]


def leftovers(paths: Paths) -> list[str]:
    return [path.name for path in paths.exports.parent.iterdir() if path != paths.exports]


def options_of(paths: Paths) -> list[str]:
    names = {"--warehouse": "warehouse", "--output": "exports", "--manifest": "manifest"}
    return [f"{option}={getattr(paths, name)}" for option, name in names.items()]


def command(paths: Paths, *options: str) -> list[str]:
    return [sys.executable, str(SCRIPTS / "export_marts.py"), *options_of(paths), *options]


# Reading back

Types = dict[str, str]  # column -> DuckDB type in lower case
Row = tuple[Any, ...]
Reader = Callable[[Path, str, Types], list[Row]]


def mart_types(paths: Paths | Built) -> dict[str, Types]:
    types: dict[str, Types] = {}
    with connect_read_only(paths.warehouse) as connection:
        for mart, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where schema_name = 'marts' and database_name = current_database()"
            " order by table_name, column_index"
        ).fetchall():
            types.setdefault(mart, {})[column] = kind.lower()
    return types


def mart_rows(paths: Paths | Built) -> dict[str, list[Row]]:
    marts = mart_types(paths)
    with connect_read_only(paths.warehouse) as connection:
        return {
            mart: connection.execute(f"select * from marts.{mart}").fetchall() for mart in marts
        }


def typed(value: Any, kind: str) -> Any:
    """Turn a text, or a number as JSON and Excel have it, into what DuckDB returns for the type."""
    if value is None or kind == "varchar":
        return value
    if kind == "boolean":
        return {"true": True, "false": False}[value] if isinstance(value, str) else value
    if kind == "date":
        if isinstance(value, datetime.datetime):
            assert value.time() == datetime.time()
            return value.date()
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value
    if kind in ("integer", "bigint"):
        assert not isinstance(value, float)
        return int(value)
    return Decimal(str(value))


def typed_rows(rows: Iterable[Iterable[Any]], types: Types) -> list[Row]:
    return [tuple(map(typed, row, types.values())) for row in map(tuple, rows)]


def read_with_pandas(exported: Path, mart: str, types: Types) -> list[Row]:
    path = exported / "csv" / f"{mart}.csv"
    frame = pandas.read_csv(path, dtype=object, keep_default_na=False, na_values=[""])
    assert list(frame.columns) == list(types)
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return typed_rows(rows, types)


def read_with_frictionless(exported: Path, mart: str, types: Types) -> list[Row]:
    package = frictionless.Package(str(exported / "datapackage.json"))
    table: Any = package.get_resource(mart)
    return [tuple(row[column] for column in types) for row in table.read_rows()]


def read_parquet(exported: Path, mart: str, types: Types) -> list[Row]:
    path = exported / "parquet" / f"{mart}.parquet"
    described = duckdb.execute(f"select column_name, lower(column_type) from (describe '{path}')")
    assert dict(described.fetchall()) == types
    return [tuple(row.values()) for row in pyarrow.parquet.read_table(path).to_pylist()]


def read_json(exported: Path, mart: str, types: Types) -> list[Row]:
    text = (exported / "json" / f"{mart}.json").read_text(encoding="utf-8")
    objects = json.loads(text, parse_float=Decimal)
    for item in objects:
        assert list(item) == list(types)
        texts = {types[column] for column, value in item.items() if isinstance(value, str)}
        assert texts <= {"varchar", "date"}
    return typed_rows((item.values() for item in objects), types)


_workbooks: dict[tuple[Path, int], openpyxl.Workbook] = {}


def workbook(exported: Path) -> openpyxl.Workbook:
    path = exported / "sentencing_warehouse.xlsx"
    key = (path, path.stat().st_ino)
    if key not in _workbooks:
        _workbooks[key] = openpyxl.load_workbook(path)
    return _workbooks[key]


def sheet_of(exported: Path, mart: str) -> Any:
    book = workbook(exported)
    [name] = [row[0] for row in book["contents"].values if row[1] == mart]
    return book[name]


def read_excel(exported: Path, mart: str, types: Types) -> list[Row]:
    header, *rows = sheet_of(exported, mart).values
    assert header == tuple(types)
    return typed_rows(rows, types)


READERS: list[Reader] = [
    read_with_pandas,
    read_with_frictionless,
    read_parquet,
    read_json,
    read_excel,
]


def assert_reads_back(paths: Paths | Built, reader: Reader) -> None:
    expected = mart_rows(paths)
    for mart, types in mart_types(paths).items():
        found = reader(paths.exports, mart, types)
        assert sorted(map(plain, found)) == sorted(map(plain, expected[mart])), mart


def plain(row: Row) -> str:
    """Write decimals without zeros at the end: 1.50 and 1.5 are one value."""
    return repr([value.normalize() if isinstance(value, Decimal) else value for value in row])


def package_of(exported: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((exported / "datapackage.json").read_bytes())
    return found


def assert_package_is_valid(exported: Path) -> None:
    report = frictionless.validate(str(exported / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note", "rowNumber"])
    assert len(report.tasks) == len(package_of(exported)["resources"])

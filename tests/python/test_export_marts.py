"""The exports: value for value what the marts hold, always the same bytes, whole or not at all."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
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
from export import marts as exports
from export import workbook as excel
from export.marts import export
from publish.folder import replaced_folder
from warehouse.database import connect_read_only
from warehouse.manifest import read_marts
from warehouse.project import UserError

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
    rows = frictionless.Package(str(exported / "datapackage.json")).get_resource(mart).read_rows()
    return [tuple(row[column] for column in types) for row in rows]


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


@pytest.mark.parametrize("reader", READERS)
def test_marts_read_back_value_for_value(built: Built, reader: Reader) -> None:
    assert_reads_back(built, reader)


@pytest.mark.parametrize("reader", READERS)
def test_small_marts_read_back_and_a_changed_value_is_noticed(small: Paths, reader: Reader) -> None:
    run_export(small)
    assert_reads_back(small, reader)
    change(small, "update marts.fct_values set percent = percent + 0.01 where value_id = 'v1'")
    with pytest.raises(AssertionError, match="fct_values"):
        assert_reads_back(small, reader)


# Each format


def test_csv_follows_rfc_4180_and_tells_null_from_empty_text(small: Paths) -> None:
    change(small, "update marts.dim_populations set label = '' where population_id = 'few'")
    run_export(small, formats=["csv"])
    assert (small.exports / "csv" / "dim_populations.csv").read_bytes() == (
        b"population_id,parent_population_id,label,is_final\n"
        b'all,,"All, of ""them""",true\n'
        b'few,some,"",\n'
        b'some,all,"two\nlines",false\n'
    )


def test_numbers_have_the_digits_of_their_type_and_rows_are_in_printed_order(small: Paths) -> None:
    run_export(small, formats=["csv", "json"])
    csv = (small.exports / "csv" / "fct_values.csv").read_text()
    assert "v1,all,kinds,b,2,1.0,1.5000,0.50,123456789012345,2019-09-30,true\n" in csv
    # By classification, sort_order and key, nulls last.
    assert [line[:2] for line in csv.splitlines()[1:]] == ["v2", "v1", "v4", "v3"]
    text = (small.exports / "json" / "fct_values.json").read_text()
    assert '"obs_value":-0.0001,"percent":56.60,"large_count":9007199254740993,' in text


def test_no_text_of_the_marts_reads_as_missing(built: Built) -> None:
    """Readr of R takes NA and an empty field for a missing value, quoted or not."""
    texts = (value for rows in mart_rows(built).values() for row in rows for value in row)
    assert not [text for text in texts if isinstance(text, str) and text.strip() in ("", "NA")]


def test_parquet_carries_descriptions(small: Paths) -> None:
    run_export(small, formats=["parquet"])
    path = small.exports / "parquet" / "fct_values.parquet"
    metadata = pyarrow.parquet.read_metadata(path).metadata
    assert metadata[b"description"] == b"One row per value, 'quoted'."
    assert json.loads(metadata[b"columns"])["percent"] == "percent of fct_values."


def assert_workbook_is_described(paths: Paths | Built) -> None:
    marts = {mart.name: mart for mart in read_marts(paths.manifest)}
    types, rows, book = mart_types(paths), mart_rows(paths), workbook(paths.exports)
    assert book.sheetnames[:2] == ["contents", "data_dictionary"]
    assert len(book.sheetnames) == 2 + len(types)
    for sheet in book:
        assert len(sheet.title) <= 31
        assert sheet.freeze_panes == "A2", sheet.title
        assert [cell.font.bold for cell in sheet[1]] == [True] * sheet.max_column, sheet.title
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]
        assert all(8 <= width <= 101 for width in widths), sheet.title
    _, *listed = book["contents"].iter_rows()
    assert [row[1].value for row in listed] == list(types)
    for row in listed:
        name, mart = row[0].value, row[1].value
        assert row[0].hyperlink.location == f"'{name}'!A1"
        assert row[2].value == book[name].max_row - 1 == len(rows[mart])
        assert (row[5].value or "") == marts[mart].description
    _, *described = book["data_dictionary"].values
    assert [(*row[:3], row[4] or "") for row in described] == [
        (name, column.name, types[name][column.name], column.description)
        for name, mart in marts.items()
        for column in sorted(mart.columns, key=lambda c: list(types[name]).index(c.name))
    ]


def test_workbook_has_contents_dictionary_and_frozen_headers(small: Paths, built: Built) -> None:
    assert_workbook_is_described(built)
    run_export(small)
    assert_workbook_is_described(small)
    roles = {row[:2]: row[3] for row in workbook(small.exports)["data_dictionary"].values}
    assert roles["dim_populations", "population_id"] == "primary key"
    assert roles["fct_values", "category_id"] == (
        "foreign key to dim_categories (classification_id, category_id)"
    )


def test_excel_cells_have_the_type_of_their_column(small: Paths) -> None:
    run_export(small, formats=["xlsx"])
    v2, v1 = list(sheet_of(small.exports, "fct_values").iter_rows(min_row=2, max_row=3))
    assert [cell.data_type for cell in v1] == ["s"] * 4 + ["n", "s", "n", "n", "n", "d", "b"]
    assert [cell.number_format for cell in v1[6:10]] == ["0.0000", "0.00", "0", "yyyy-mm-dd"]
    # Excel keeps 15 digits, so a longer number is a text.
    assert (v2[8].data_type, v2[8].value) == ("s", "9007199254740993")
    labels = sheet_of(small.exports, "dim_categories")
    assert (labels["C3"].data_type, labels["C3"].value) == ("s", "=1+1")
    assert (labels["C2"].value, labels["C2"].hyperlink) == ("http://a", None)


def test_sheet_names_are_short_unique_and_stable() -> None:
    title = "agency_a_title_that_is_very_long_2021__table_1"
    names = ["dim_reports", LONG_NAME, f"rpt_one_{title}", f"rpt_two_{title}"]
    sheets = excel.sheet_names(names)
    assert sheets["dim_reports"] == "dim_reports"
    assert sheets[LONG_NAME] == "rpt_~_long_report_2021__table_1"
    assert len({sheet.casefold() for sheet in sheets.values()}) == len(names)
    assert all(len(sheet) <= 31 for sheet in sheets.values())
    assert excel.sheet_names(names[::-1]) == sheets


def test_a_mart_too_large_for_a_sheet_is_left_out_of_the_workbook(
    small: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(small, f"drop view marts.{LONG_NAME}; create view marts.{LONG_NAME} as select 1 as i")
    edit_manifest(small, lambda nodes: nodes[LONG_NAME]["columns"].clear())
    monkeypatch.setattr(excel, "EXCEL_ROWS", 3)
    assert run_export(small)["fct_values"] == 4
    said = (
        "Not in the workbook: fct_values has 4 rows, an Excel sheet holds 3. Its rows are in "
        "csv/fct_values.csv or json/fct_values.json or parquet/fct_values.parquet."
    )
    book = workbook(small.exports)
    assert "fct_values" not in book.sheetnames
    assert len(book.sheetnames) == 2 + 4
    rows = {row[1]: row for row in book["contents"].values}
    assert rows["fct_values"][0] == "(too many rows)"
    assert rows["fct_values"][2] == 4
    assert rows["fct_values"][5] == f"{said}\n\nOne row per value, 'quoted'."
    assert "fct_values" in {row[0] for row in book["data_dictionary"].values}
    assert package_of(small.exports)["description"].endswith(f" {said}")
    assert_package_is_valid(small.exports)
    for reader in READERS[:-1]:
        assert_reads_back(small, reader)
    run_export(small, formats=["xlsx", "parquet"])
    paths = {r["name"]: r["path"] for r in package_of(small.exports)["resources"]}
    assert paths["fct_values"] == "parquet/fct_values.parquet"
    assert paths["dim_reports"] == "sentencing_warehouse.xlsx"
    with pytest.raises(UserError, match="fct_values has 4 rows, an Excel sheet holds 3: add"):
        run_export(small, formats=["xlsx"])


# Data package


def package_of(exported: Path) -> dict[str, Any]:
    return json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))


def assert_package_is_valid(exported: Path) -> None:
    report = frictionless.validate(str(exported / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note", "rowNumber"])
    assert len(report.tasks) == len(package_of(exported)["resources"])


def test_package_says_what_manifest_and_tests_say(small: Paths) -> None:
    # All references are whole here, so all keys can be said.
    change(small, "update marts.fct_values set category_id = 'a', classification_id = 'kinds'")
    run_export(small)
    package = package_of(small.exports)
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["licenses"] == [{"name": "other-pd", "title": "U.S. government work"}]
    assert package["sources"] == [{"title": "Report 1", "path": "https://example.org/r1"}]
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert list(resources) == sorted(DESCRIPTIONS)
    populations = resources["dim_populations"]
    assert populations["description"] == (
        "One row per population. It has a parent.\n\nKey: `population_id`."
    )
    schema = populations["schema"]
    assert schema["fields"][0] == {
        "name": "population_id",
        "type": "string",
        "description": "population_id of dim_populations.",
        "constraints": {"required": True},
    }
    assert schema["fields"][3]["type"] == "boolean"
    assert "constraints" not in schema["fields"][3]  # its test covers some rows only
    assert schema["primaryKey"] == ["population_id"]  # the marked one, not the first
    assert schema["foreignKeys"] == [
        {"fields": ["parent_population_id"], "reference": {"fields": ["population_id"]}}
    ]
    schema = resources["fct_values"]["schema"]
    assert schema["primaryKey"] == ["value_id"]  # the grain, not the first
    assert [(key["fields"], *key["reference"].values()) for key in schema["foreignKeys"]] == [
        (["population_id"], "dim_populations", ["population_id"]),
        (CATEGORY, "dim_categories", CATEGORY),
    ]
    assert_package_is_valid(small.exports)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("update marts.fct_values set population_id = 'x' where value_id = 'v1'", "foreign-key"),
        ("update marts.dim_populations set parent_population_id = 'x'", "foreign-key"),
        ("update marts.fct_values set value_id = 'v1'", "primary-key"),
        ("update marts.dim_categories set category_id = null", "constraint-error"),
    ],
)
def test_package_states_keys_that_frictionless_checks(small: Paths, sql: str, error: str) -> None:
    change(small, sql)
    run_export(small, formats=["csv"])
    report = frictionless.validate(str(small.exports / "datapackage.json"))
    assert error in {kind for [kind] in report.flatten(["type"])}


def test_partly_null_foreign_key_is_left_out(small: Paths) -> None:
    change(small, "update marts.fct_values set category_id = null where value_id = 'v1'")
    run_export(small, formats=["csv"])
    schema = {r["name"]: r["schema"] for r in package_of(small.exports)["resources"]}["fct_values"]
    assert [key["fields"] for key in schema["foreignKeys"]] == [["population_id"]]
    assert_package_is_valid(small.exports)


@pytest.mark.parametrize("name", exports.FORMATS)
def test_package_of_one_format_and_some_marts_names_only_them(small: Paths, name: str) -> None:
    change(small, "update marts.fct_values set large_count = 1")  # no number too long for Excel
    run_export(small, formats=[name], marts=["fct_values", "dim_categories"])
    package = package_of(small.exports)
    categories, values = package["resources"]
    assert (categories["name"], values["name"]) == ("dim_categories", "fct_values")
    paths = {resource["path"] for resource in package["resources"]}
    assert set(contents(small.exports)) == {*paths, "datapackage.json", "SHA256SUMS"}
    for resource in package["resources"]:
        assert (small.exports / resource["path"]).stat().st_size == resource["bytes"]
        assert resource["format"] == name
    [key] = values["schema"]["foreignKeys"]
    assert key["reference"]["resource"] == "dim_categories"
    frictionless.Package.from_descriptor(package)  # raises if it is not valid
    if name in ("csv", "xlsx"):  # the library needs extras to read the others
        assert_package_is_valid(small.exports)


def test_package_of_all_marts_is_valid_and_has_their_keys(built: Built) -> None:
    assert_package_is_valid(built.exports)
    marts = {mart.name: mart for mart in read_marts(built.manifest)}
    rows, types = mart_rows(built), mart_types(built)
    resources = {r["name"]: r["schema"] for r in package_of(built.exports)["resources"]}
    assert list(resources) == list(marts)
    stated = 0
    for name, mart in marts.items():
        assert mart.primary_key, name
        assert resources[name]["primaryKey"] == list(mart.primary_key), name
        expected = set()
        for key in mart.foreign_keys:
            positions = [list(types[name]).index(column) for column in key.columns]
            nulls = {sum(row[i] is None for i in positions) for row in rows[name]}
            if nulls <= {0, len(positions)}:  # others cannot be said in a data package
                expected.add((key.columns, key.to))
        found = resources[name].get("foreignKeys", [])
        assert expected == {
            (tuple(key["fields"]), key["reference"].get("resource", name)) for key in found
        }, name
        stated += len(found)
    assert stated
    assert package_of(built.exports)["sources"]


# The same bytes, whole or not at all


def test_export_is_complete_and_the_same_again(built: Built, tmp_path: Path) -> None:
    names = [mart.name for mart in read_marts(built.manifest)]
    assert set(contents(built.exports)) == {
        *(f"{kind}/{name}.{kind}" for kind in ("csv", "json", "parquet") for name in names),
        "sentencing_warehouse.xlsx",
        "datapackage.json",
        "SHA256SUMS",
    }
    assert_checksums_hold(built.exports)
    export(built.warehouse, tmp_path / "again", built.manifest)
    assert contents(tmp_path / "again") == contents(built.exports)


def test_export_is_the_same_at_another_time_and_place(small: Paths, tmp_path: Path) -> None:
    run_export(small)
    first = contents(small.exports)
    time.sleep(2.1)  # the time stamps of a ZIP file count two seconds
    small.exports = tmp_path / "elsewhere"
    run_export(small)
    assert contents(small.exports) == first
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=small.exports, check=True)


def test_rows_that_do_not_fit_into_memory_give_the_same_files(
    small: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(
        small,
        "insert into marts.fct_values select value_id || '.' || i, t.* exclude (value_id)"
        " from marts.fct_values as t, range(50000) as numbers(i)",
    )
    monkeypatch.setattr(exports, "MEMORY", "4GB")
    run_export(small, formats=["csv", "parquet", "json"])
    first = contents(small.exports)
    small.exports = tmp_path / "elsewhere"
    monkeypatch.setattr(exports, "MEMORY", "64MB")
    run_export(small, formats=["csv", "parquet", "json"])
    assert contents(small.exports) == first


def test_a_folder_that_is_no_export_is_left_alone(small: Paths) -> None:
    small.exports.mkdir(parents=True)
    (small.exports / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="not of an export"):
        run_export(small)
    (small.exports / "SHA256SUMS").write_text("0  notes.txt\n0  datapackage.json\n")
    (small.exports / "datapackage.json").write_text('{"name": "another"}')
    with pytest.raises(UserError, match="not of an export"):
        run_export(small)
    assert (small.exports / "notes.txt").read_text() == "mine"


def test_an_export_replaces_the_previous_one_but_no_file_of_the_user(small: Paths) -> None:
    small.exports.mkdir(parents=True)  # an empty folder may be filled
    run_export(small)
    run_export(small, marts=["dim_reports"], formats=["json"])
    kept = {"json/dim_reports.json", "datapackage.json", "SHA256SUMS"}
    assert set(contents(small.exports)) == kept
    assert leftovers(small) == []
    (small.exports / "json" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"such as json/notes\.txt: move them"):
        run_export(small)
    assert set(contents(small.exports)) == kept | {"json/notes.txt"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, UserError, OSError])
def test_a_failure_leaves_the_previous_export(
    small: Paths, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    run_export(small)
    before = contents(small.exports)

    def fail(*_: object) -> None:
        raise error("disk full")

    change(small, "delete from marts.fct_values")
    monkeypatch.setattr(exports, "data_package", fail)
    with pytest.raises(UserError if error is OSError else error):
        run_export(small)
    assert contents(small.exports) == before
    assert leftovers(small) == []


def test_one_export_at_a_time(small: Paths) -> None:
    run_export(small)
    with (
        replaced_folder(small.exports, exports.check_is_export),
        pytest.raises(UserError, match="another run is"),
    ):
        run_export(small)


@pytest.mark.slow
@pytest.mark.parametrize("existing", [True, False], ids=["replacing", "first"])
def test_killed_exports_are_whole_or_absent(
    small: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    started = time.monotonic()
    subprocess.run(command(small), check=True, capture_output=True)
    duration = time.monotonic() - started
    random_moments = random.Random(2021)
    killed = 0
    for number in range(10):
        if not existing and small.exports.exists():
            small.exports.rename(small.exports.parent / f"done_{number}")
        process = subprocess.Popen(command(small), stderr=subprocess.DEVNULL)
        time.sleep(random_moments.uniform(0.2, 1.1) * duration)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        if existing or small.exports.exists():
            assert_checksums_hold(small.exports)
            assert len(contents(small.exports)) == 18
    assert killed
    run_export(small)
    assert not [name for name in leftovers(small) if name.startswith(".")]
    assert not list((tmp_path / "tmp").iterdir())


def test_a_terminated_export_cleans_up(small: Paths) -> None:
    run_export(small)
    before = contents(small.exports)
    code = """
        import sys, time
        import cli
        from export import marts
        def wait(*_):
            print("waiting", flush=True)
            time.sleep(60)
        marts.data_package = wait
        sys.exit(cli.main(["export", *sys.argv[1:]]))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *options_of(small)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    assert leftovers(small)
    process.terminate()
    assert process.wait(timeout=10) == 128 + signal.SIGTERM
    assert contents(small.exports) == before
    assert leftovers(small) == []


# Errors that a user can cause


def options_of(paths: Paths) -> list[str]:
    names = {"--warehouse": "warehouse", "--output": "exports", "--manifest": "manifest"}
    return [f"{option}={getattr(paths, name)}" for option, name in names.items()]


def command(paths: Paths, *options: str) -> list[str]:
    return [sys.executable, str(SCRIPTS / "export_marts.py"), *options_of(paths), *options]


def edit_manifest(paths: Paths, edit: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads(paths.manifest.read_text())
    edit(manifest["nodes"])
    paths.manifest.write_text(json.dumps(manifest))


def without_percent(nodes: dict[str, Any]) -> None:
    del nodes["fct_values"]["columns"]["percent"]


def put_file_at_output(paths: Paths) -> None:
    paths.exports.parent.mkdir()
    paths.exports.write_text("mine")


def put_output_into_proc(paths: Paths) -> None:
    paths.exports = Path("/proc/self/exports")  # nobody can make a folder there, not even root


def sql(statement: str) -> Callable[[Paths], None]:
    return lambda paths: change(paths, statement)


# What goes wrong, how, with which options, and what is said about it.
MISTAKES: dict[str, tuple[Callable[[Paths], object] | None, list[str], str]] = {
    "no warehouse": (lambda p: p.warehouse.unlink(), [], "there is no warehouse file"),
    "no DuckDB file": (lambda p: p.warehouse.write_text("a,b\n" * 999), [], "not a DuckDB file"),
    "empty file": (lambda p: p.warehouse.write_bytes(b""), [], "not a DuckDB file"),
    "unknown mart": (None, ["--marts", "dim_reports", "dim_x"], "unknown mart 'dim_x'"),
    "unknown format": (None, ["--formats", "csv", "ods"], "unknown format 'ods'"),
    "unknown option": (None, ["--frmats", "csv"], "No such option '--frmats'"),
    "no marts": (None, ["--marts"], "Option '--marts' requires an argument"),
    "stray argument": (None, ["csv"], "unexpected extra argument (csv)"),
    "output is a file": (put_file_at_output, [], "is not a folder"),
    "output in a file": (lambda p: p.exports.parent.write_text("mine"), [], "cannot write"),
    "unwritable": (put_output_into_proc, [], "cannot write"),
    "no manifest": (lambda p: p.manifest.unlink(), [], "cannot read the dbt manifest"),
    "manifest is no JSON": (lambda p: p.manifest.write_text("nodes"), [], "not a dbt manifest"),
    "other JSON": (lambda p: p.manifest.write_text("[1]"), [], "not a dbt manifest"),
    "no marts in it": (lambda p: p.manifest.write_text('{"nodes": {}}'), [], "no model in"),
    "other columns": (
        lambda p: edit_manifest(p, without_percent),
        [],
        "the columns of fct_values differ in percent",
    ),
    "mart is missing": (
        sql("drop table marts.dim_categories"),
        [],
        "the warehouse has no mart dim_categories",
    ),
    "mart is new": (
        sql("create table marts.dim_new as select 1 as i"),
        [],
        "the manifest has no mart dim_new",
    ),
    "type without a place": (
        sql("alter table marts.fct_values alter percent type double"),
        [],
        "fct_values.percent is of type double",
    ),
    "text too long for Excel": (
        sql("update marts.dim_categories set label = repeat('😀', 16384)"),
        [],
        "dim_categories.label has a text of 32,768 characters",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_line_and_status_2(small: Paths, mistake: str) -> None:
    spoil, options, message = MISTAKES[mistake]
    folder = small.exports.parent
    if spoil:
        spoil(small)
    before = contents(folder)
    result = subprocess.run(command(small, *options), capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("export_marts: ")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert contents(folder) == before


def test_the_command_prints_one_line(small: Paths) -> None:
    options = ["--formats", "csv", "json", "--marts", "dim_reports", "fct_values"]
    result = subprocess.run(command(small, *options), capture_output=True, text=True, check=True)
    assert result.stdout == ""
    assert result.stderr == f"export_marts: 2 marts, 5 rows -> {small.exports}\n"
    assert {path.name for path in small.exports.glob("*/*")} == {
        f"{mart}.{kind}" for mart in ("dim_reports", "fct_values") for kind in ("csv", "json")
    }


def test_a_warehouse_in_use_by_a_writer_is_refused(small: Paths) -> None:
    with duckdb.connect(str(small.warehouse)):
        result = subprocess.run(command(small), capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "open for writing" in result.stderr
    assert result.stderr.count("\n") == 1


def test_sandbox_closes_all_files(small: Paths, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    own = small.warehouse
    before = own.read_bytes()
    with (
        connect_read_only(own, sandbox=True),
        connect_read_only(own, sandbox=True) as connection,
    ):
        assert connection.execute("select count(*) from marts.dim_reports").fetchall() == [(1,)]
        for refused in (
            f"from '{tmp_path}/secret.csv'",
            f"copy marts.dim_reports to '{tmp_path}/out.csv'",
            f"copy (select 1) to '{own}' (format csv, use_tmp_file false)",
            f"copy (select 1) to '{own}.wal' (format csv)",
            f"copy (select 1) to '{own}.tmp/out.csv'",
            f"from read_blob('{own}')",
            "set enable_external_access = true",
            "set disabled_filesystems = ''",
            "set memory_limit = '1GB'",
            "create table marts.t as select 1 as i",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(refused)
    assert own.read_bytes() == before
    assert not own.with_name(own.name + ".wal").exists()

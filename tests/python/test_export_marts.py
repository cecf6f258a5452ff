"""The exports: value for value what the marts hold, always the same bytes, whole or not at all."""

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
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import frictionless
import openpyxl
import pandas
import polars
import pyarrow.parquet
import pytest

from conftest import PROJECT
from export import marts as export_marts
from export.marts import export
from publish import folder as wh
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
    ('kinds', 'b', '=1+1'), ('kinds', 'a', 'http://a'), ('sizes', 'a', 'é');
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


def project_id(name: str) -> str:
    return f"model.project.{name}"


def dbt_test(number: int, model: str, kind: str, **kwargs) -> dict:
    config = {"where": kwargs.pop("where", None), "meta": kwargs.pop("meta", {})}
    targets = [key["to"].removeprefix("ref('")[:-2] for key in kwargs.get("keys", [])]
    return {
        "resource_type": "test",
        "unique_id": f"test.project.{number:02}",
        "attached_node": project_id(model),
        "test_metadata": {"name": kind, "kwargs": kwargs},
        "config": config,
        "depends_on": {"nodes": [project_id(name) for name in dict.fromkeys([*targets, model])]},
    }


def manifest_dict(connection: duckdb.DuckDBPyConnection) -> dict:
    models = {
        project_id(name): {
            "resource_type": "model",
            "unique_id": project_id(name),
            "name": name,
            "alias": name,
            "schema": "marts",
            "description": description,
            "config": {"schema": "marts", "meta": {}},
            "columns": {
                column: {"name": column, "data_type": kind, "description": f"{column} of {name}."}
                for column, kind in connection.execute(
                    "select column_name, data_type from duckdb_columns() where table_name = ?",
                    [name],
                ).fetchall()
            },
        }
        for name, description in DESCRIPTIONS.items()
    }
    models[project_id("fct_values")]["config"]["meta"]["grain"] = ["value_id"]
    staged = {
        **models[project_id("dim_reports")],
        "unique_id": project_id("stg_values"),
        "alias": "stg_values",
        "config": {"schema": "staging"},
    }
    tests = [
        dbt_test(1, "dim_reports", "unique_key", columns=["report_id"]),
        dbt_test(2, "dim_populations", "unique_key", columns=["label"]),
        dbt_test(
            *(3, "dim_populations", "unique_key"),
            columns=["population_id"],
            meta={"primary_key": True},
        ),
        dbt_test(4, "dim_populations", "not_null", column_name="population_id"),
        dbt_test(5, "dim_populations", "not_null", column_name="is_final", where="false"),
        dbt_test(
            *(6, "dim_populations", "foreign_keys"),
            keys=[
                {
                    "columns": ["parent_population_id"],
                    "to": "ref('dim_populations')",
                    "to_columns": ["population_id"],
                }
            ],
        ),
        dbt_test(7, "dim_categories", "unique_key", columns=["classification_id", "category_id"]),
        dbt_test(8, "dim_categories", "complete", columns=["classification_id", "category_id"]),
        dbt_test(9, "fct_values", "unique_key", columns=["printed_value"]),
        dbt_test(10, "fct_values", "unique_key", columns=["value_id"]),
        dbt_test(
            *(11, "fct_values", "foreign_keys"),
            keys=[
                {
                    "columns": ["population_id"],
                    "to": "ref('dim_populations')",
                    "to_columns": ["population_id"],
                },
                {
                    "columns": ["classification_id", "category_id"],
                    "to": "ref('dim_categories')",
                    "to_columns": ["classification_id", "category_id"],
                },
            ],
        ),
    ]
    return {
        "nodes": {
            **models,
            staged["unique_id"]: staged,
            **{test["unique_id"]: test for test in tests},
        }
    }


@pytest.fixture
def small(tmp_path: Path) -> SimpleNamespace:
    """Paths of a warehouse of five marts, of its manifest, and of a folder yet to be made."""
    paths = SimpleNamespace(
        warehouse=tmp_path / "warehouse.duckdb",
        manifest=tmp_path / "manifest.json",
        exports=tmp_path / "build" / "exports",
    )
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(TABLES)
        paths.manifest.write_text(json.dumps(manifest_dict(connection)))
    return paths


def change(paths: SimpleNamespace, sql: str) -> None:
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(sql)


def run_export(paths: SimpleNamespace, **options) -> dict[str, int]:
    return export(paths.warehouse, paths.exports, paths.manifest, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_checksums_hold(folder: Path) -> None:
    """Check that SHA256SUMS lists exactly the files that are there, with their checksums."""
    files = contents(folder)
    lines = files.pop("SHA256SUMS").decode().splitlines()
    assert lines == [f"{hashlib.sha256(files[path]).hexdigest()}  {path}" for path in sorted(files)]


def leftovers(paths: SimpleNamespace) -> list[str]:
    return [path.name for path in paths.exports.parent.iterdir() if path != paths.exports]


# Reading back

Table = dict[str, str]  # column -> DuckDB type in lower case


def mart_types(paths: SimpleNamespace) -> dict[str, Table]:
    with wh.connect_read_only(paths.warehouse) as connection:
        types: dict[str, Table] = {}
        for mart, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where schema_name = 'marts' and database_name = current_database()"
            " order by table_name, column_index"
        ).fetchall():
            types.setdefault(mart, {})[column] = kind.lower()
        return types


def mart_rows(paths: SimpleNamespace) -> dict[str, list[tuple]]:
    marts = mart_types(paths)
    with wh.connect_read_only(paths.warehouse) as connection:
        return {
            mart: connection.execute(f"select * from marts.{mart}").fetchall() for mart in marts
        }


def typed(value, kind: str):
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


def typed_rows(rows, types: Table) -> list[tuple]:
    return [
        tuple(typed(value, kind) for value, kind in zip(row, types.values(), strict=True))
        for row in rows
    ]


def read_with_pandas(exports: Path, mart: str, types: Table) -> list[tuple]:
    frame = pandas.read_csv(
        exports / "csv" / f"{mart}.csv", dtype=object, keep_default_na=False, na_values=[""]
    )
    assert list(frame.columns) == list(types)
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return typed_rows(rows, types)


def polars_type(kind: str):
    if kind.startswith("decimal"):
        precision, scale = kind.removeprefix("decimal(").rstrip(")").split(",")
        return polars.Decimal(int(precision), int(scale))
    return {
        "varchar": polars.String,
        "integer": polars.Int32,
        "bigint": polars.Int64,
        "boolean": polars.Boolean,
        "date": polars.Date,
    }[kind]


def read_with_polars(exports: Path, mart: str, types: Table) -> list[tuple]:
    schema = {column: polars_type(kind) for column, kind in types.items()}
    frame = polars.read_csv(exports / "csv" / f"{mart}.csv", schema_overrides=schema)
    assert dict(frame.schema) == schema
    return frame.rows()


def read_with_frictionless(exports: Path, mart: str, types: Table) -> list[tuple]:
    rows = frictionless.Package(str(exports / "datapackage.json")).get_resource(mart).read_rows()
    return [tuple(row[column] for column in types) for row in rows]


def read_parquet_with_polars(exports: Path, mart: str, types: Table) -> list[tuple]:
    frame = polars.read_parquet(exports / "parquet" / f"{mart}.parquet")
    assert dict(frame.schema) == {column: polars_type(kind) for column, kind in types.items()}
    return frame.rows()


def read_parquet_with_pyarrow(exports: Path, mart: str, types: Table) -> list[tuple]:
    table = pyarrow.parquet.read_table(exports / "parquet" / f"{mart}.parquet")
    assert table.column_names == list(types)
    return [tuple(row.values()) for row in table.to_pylist()]


def read_json(exports: Path, mart: str, types: Table) -> list[tuple]:
    text = (exports / "json" / f"{mart}.json").read_text(encoding="utf-8")
    objects = json.loads(text, parse_float=Decimal)
    assert all(list(item) == list(types) for item in objects)
    assert not any(
        isinstance(item[column], str)
        for item in objects
        for column, kind in types.items()
        if kind not in ("varchar", "date")
    )
    return typed_rows((item.values() for item in objects), types)


_workbooks: dict[tuple[Path, int], openpyxl.Workbook] = {}


def workbook(exports: Path) -> openpyxl.Workbook:
    path = exports / "sentencing_warehouse.xlsx"
    key = (path, path.stat().st_ino)
    if key not in _workbooks:
        _workbooks[key] = openpyxl.load_workbook(path)
    return _workbooks[key]


def sheet_of(exports: Path, mart: str):
    book = workbook(exports)
    [name] = [row[0] for row in book["contents"].values if row[1] == mart]
    return book[name]


def read_excel(exports: Path, mart: str, types: Table) -> list[tuple]:
    header, *rows = sheet_of(exports, mart).values
    assert header == tuple(types)
    return typed_rows(rows, types)


READERS = [
    read_with_pandas,
    read_with_polars,
    read_with_frictionless,
    read_parquet_with_polars,
    read_parquet_with_pyarrow,
    read_json,
    read_excel,
]


def assert_reads_back(paths: SimpleNamespace, reader) -> None:
    expected_rows = mart_rows(paths)
    for mart, types in mart_types(paths).items():
        expected = expected_rows[mart]
        found = reader(paths.exports, mart, types)
        assert sorted(map(repr, map(plain, found))) == sorted(map(repr, map(plain, expected))), mart


def plain(row: tuple) -> tuple:
    """Write decimals without zeros at the end: 1.50 and 1.5 are one value."""
    return tuple(value.normalize() if isinstance(value, Decimal) else value for value in row)


@pytest.mark.parametrize("reader", READERS)
def test_small_marts_read_back_value_for_value(small, reader):
    run_export(small)
    assert_reads_back(small, reader)


@pytest.mark.parametrize("reader", READERS)
def test_reading_back_notices_a_changed_value(small, reader):
    run_export(small)
    change(small, "update marts.fct_values set percent = percent + 0.01 where value_id = 'v1'")
    with pytest.raises(AssertionError, match="fct_values"):
        assert_reads_back(small, reader)


@pytest.mark.parametrize("reader", READERS)
def test_marts_read_back_value_for_value(built, reader):
    assert_reads_back(built, reader)


# CSV and JSON


def test_csv_follows_rfc_4180_and_tells_null_from_empty_text(small):
    change(small, "update marts.dim_populations set label = '' where population_id = 'few'")
    run_export(small, formats=["csv"])
    assert (small.exports / "csv" / "dim_populations.csv").read_bytes() == (
        b"population_id,parent_population_id,label,is_final\n"
        b'all,,"All, of ""them""",true\n'
        b'few,some,"",\n'
        b'some,all,"two\nlines",false\n'
    )


def test_numbers_are_written_with_the_digits_of_their_type(small):
    run_export(small, formats=["csv", "json"])
    csv = (small.exports / "csv" / "fct_values.csv").read_text()
    assert "v1,all,kinds,b,2,1.0,1.5000,0.50,123456789012345,2019-09-30,true\n" in csv
    text = (small.exports / "json" / "fct_values.json").read_text()
    assert '"obs_value":-0.0001,"percent":56.60,"large_count":9007199254740993,' in text


def test_rows_are_in_printed_order(small):
    run_export(small, formats=["csv"])
    lines = (small.exports / "csv" / "fct_values.csv").read_text().splitlines()
    # By classification, sort_order and key, nulls last.
    assert [line[:2] for line in lines[1:]] == ["v2", "v1", "v4", "v3"]


def test_no_text_of_the_marts_reads_as_missing(built):
    """Readr of R takes NA and an empty field for a missing value, quoted or not."""
    with wh.connect_read_only(built.warehouse) as connection:
        for mart, types in mart_types(built).items():
            for column in (name for name, kind in types.items() if kind == "varchar"):
                found = connection.execute(
                    f"select \"{column}\" from marts.{mart} where trim(\"{column}\") in ('', 'NA')"
                ).fetchall()
                assert not found, f"{mart}.{column}"


# Parquet


def test_parquet_carries_descriptions(small):
    run_export(small, formats=["parquet"])
    path = small.exports / "parquet" / "fct_values.parquet"
    metadata = pyarrow.parquet.read_metadata(path).metadata
    assert metadata[b"description"] == b"One row per value, 'quoted'."
    assert json.loads(metadata[b"columns"])["percent"] == "percent of fct_values."


# Excel


def check_workbook(paths: SimpleNamespace) -> None:
    marts = {mart.name: mart for mart in wh.read_marts(paths.manifest)}
    types = mart_types(paths)
    rows = mart_rows(paths)
    book = workbook(paths.exports)
    assert book.sheetnames[:2] == ["contents", "data_dictionary"]
    assert len(book.sheetnames) == 2 + len(types)
    assert all(len(name) <= 31 for name in book.sheetnames)
    for sheet in book:
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
    assert [row[:3] for row in described] == [
        (mart, column, kind) for mart in types for column, kind in types[mart].items()
    ]
    declared = {
        (mart.name, column.name): column.description
        for mart in marts.values()
        for column in mart.columns
    }
    for mart, column, _, _, description in described:
        assert (description or "") == declared.get((mart, column), "")


def test_small_workbook_has_contents_dictionary_and_frozen_headers(small):
    run_export(small)
    check_workbook(small)
    roles = {row[:2]: row[3] for row in workbook(small.exports)["data_dictionary"].values}
    assert roles["dim_populations", "population_id"] == "primary key"
    assert roles["fct_values", "category_id"] == (
        "foreign key to dim_categories (classification_id, category_id)"
    )


def test_workbook_has_contents_dictionary_and_frozen_headers(built):
    check_workbook(built)


def test_excel_cells_have_the_type_of_their_column(small):
    run_export(small)
    rows = list(sheet_of(small.exports, "fct_values").iter_rows(min_row=2))
    v2, v1 = rows[0], rows[1]
    assert [cell.data_type for cell in v1] == ["s"] * 4 + ["n", "s", "n", "n", "n", "d", "b"]
    formats = [cell.number_format for cell in v1]
    assert formats[6:10] == ["0.0000", "0.00", "0", "yyyy-mm-dd"]
    # Excel keeps 15 digits, so a longer number is a text.
    assert (v2[8].data_type, v2[8].value) == ("s", "9007199254740993")
    formula = sheet_of(small.exports, "dim_categories")["C3"]
    assert (formula.data_type, formula.value) == ("s", "=1+1")
    link = sheet_of(small.exports, "dim_categories")["C2"]
    assert (link.value, link.hyperlink) == ("http://a", None)


def test_sheet_names_are_short_unique_and_stable():
    names = [
        "dim_reports",
        LONG_NAME,
        "rpt_one_agency_a_title_that_is_very_long_2021__table_1",
        "rpt_two_agency_a_title_that_is_very_long_2021__table_1",
    ]
    sheets = export_marts.sheet_names(names)
    assert sheets["dim_reports"] == "dim_reports"
    assert sheets[LONG_NAME] == "rpt_~_long_report_2021__table_1"
    assert len({sheet.casefold() for sheet in sheets.values()}) == len(names)
    assert all(len(sheet) <= 31 for sheet in sheets.values())
    assert export_marts.sheet_names(names[::-1]) == sheets


# Data package


def package_of(exports: Path) -> dict:
    return json.loads((exports / "datapackage.json").read_text(encoding="utf-8"))


def assert_package_is_valid(exports: Path) -> None:
    report = frictionless.validate(str(exports / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note", "rowNumber"])
    assert len(report.tasks) == len(package_of(exports)["resources"])


def test_package_says_what_manifest_and_tests_say(small):
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
    assert schema["foreignKeys"] == [
        {
            "fields": ["population_id"],
            "reference": {"resource": "dim_populations", "fields": ["population_id"]},
        },
        {
            "fields": ["classification_id", "category_id"],
            "reference": {
                "resource": "dim_categories",
                "fields": ["classification_id", "category_id"],
            },
        },
    ]
    assert_package_is_valid(small.exports)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        (
            "update marts.fct_values set population_id = 'other' where value_id = 'v1'",
            "foreign-key",
        ),
        ("update marts.dim_populations set parent_population_id = 'x'", "foreign-key"),
        ("update marts.fct_values set value_id = 'v1'", "primary-key"),
        ("update marts.dim_categories set category_id = null", "constraint-error"),
    ],
)
def test_package_states_keys_that_frictionless_checks(small, sql, error):
    change(small, sql)
    run_export(small, formats=["csv"])
    report = frictionless.validate(str(small.exports / "datapackage.json"))
    assert error in {kind for [kind] in report.flatten(["type"])}


def test_partly_null_foreign_key_is_left_out(small):
    change(small, "update marts.fct_values set category_id = null where value_id = 'v1'")
    run_export(small, formats=["csv"])
    schema = {r["name"]: r["schema"] for r in package_of(small.exports)["resources"]}["fct_values"]
    assert [key["fields"] for key in schema["foreignKeys"]] == [["population_id"]]
    assert_package_is_valid(small.exports)


def test_package_of_some_marts_names_only_them(small):
    run_export(small, marts=["fct_values", "dim_categories"], formats=["parquet", "csv"])
    assert set(contents(small.exports)) == {
        "csv/dim_categories.csv",
        "csv/fct_values.csv",
        "parquet/dim_categories.parquet",
        "parquet/fct_values.parquet",
        "datapackage.json",
        "SHA256SUMS",
    }
    package = package_of(small.exports)
    assert [resource["path"] for resource in package["resources"]] == [
        "csv/dim_categories.csv",
        "csv/fct_values.csv",
    ]
    [key] = package["resources"][1]["schema"]["foreignKeys"]
    assert key["reference"]["resource"] == "dim_categories"
    assert_package_is_valid(small.exports)


@pytest.mark.parametrize("name", export_marts.FORMATS)
def test_package_of_one_format_points_at_it(small, name):
    change(small, "update marts.fct_values set large_count = 1")  # no number too long for Excel
    run_export(small, formats=[name])
    package = package_of(small.exports)
    for resource in package["resources"]:
        assert (small.exports / resource["path"]).stat().st_size == resource["bytes"]
        assert resource["format"] == name
    frictionless.Package.from_descriptor(package)  # raises if it is not valid
    if name in ("csv", "xlsx"):  # the library needs extras to read the others
        assert_package_is_valid(small.exports)


def test_package_is_valid(built):
    assert_package_is_valid(built.exports)


def test_package_has_the_keys_of_all_marts(built):
    marts = {mart.name: mart for mart in wh.read_marts(built.manifest)}
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


def test_export_is_complete(built):
    names = [mart.name for mart in wh.read_marts(built.manifest)]
    assert set(contents(built.exports)) == {
        *(f"{kind}/{name}.{kind}" for kind in ("csv", "json", "parquet") for name in names),
        "sentencing_warehouse.xlsx",
        "datapackage.json",
        "SHA256SUMS",
    }
    assert_checksums_hold(built.exports)


# The same bytes


def test_export_is_the_same_at_another_time_and_place(small, tmp_path):
    run_export(small)
    first = contents(small.exports)
    time.sleep(2.1)  # the time stamps of a ZIP file count two seconds
    small.exports = tmp_path / "elsewhere"
    run_export(small)
    assert contents(small.exports) == first
    assert_checksums_hold(small.exports)
    result = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=small.exports)
    assert result.returncode == 0


def test_export_of_the_marts_is_the_same_again(built, tmp_path):
    export(built.warehouse, tmp_path / "again", built.manifest)
    assert contents(tmp_path / "again") == contents(built.exports)


# Errors that a user can cause


@pytest.fixture
def quiet_signals():
    """Take back the signal handler that the command installs."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def options_of(paths: SimpleNamespace) -> list[str]:
    return [
        *("--warehouse", str(paths.warehouse)),
        *("--output", str(paths.exports)),
        *("--manifest", str(paths.manifest)),
    ]


def edit_manifest(paths: SimpleNamespace, edit) -> None:
    manifest = json.loads(paths.manifest.read_text())
    edit(manifest["nodes"])
    paths.manifest.write_text(json.dumps(manifest))


def spoil_output_with_a_file(paths: SimpleNamespace) -> None:
    paths.exports.parent.mkdir()
    paths.exports.write_text("mine")


def put_output_below_a_file(paths: SimpleNamespace) -> None:
    paths.exports.parent.write_text("mine")


def make_manifest_unlike(paths: SimpleNamespace) -> None:
    edit_manifest(paths, lambda nodes: nodes[project_id("fct_values")]["columns"].pop("percent"))


MISTAKES = {
    "no warehouse": (lambda p: p.warehouse.unlink(), [], "no warehouse file"),
    "no DuckDB file": (lambda p: p.warehouse.write_text("a,b\n" * 999), [], "not a DuckDB file"),
    "empty file": (lambda p: p.warehouse.write_bytes(b""), [], "not a DuckDB file"),
    "unknown mart": (None, ["--marts", "dim_reports", "dim_x"], "unknown mart 'dim_x'"),
    "unknown format": (None, ["--formats", "csv", "ods"], "unknown format 'ods'"),
    "unknown option": (None, ["--frmats", "csv"], "unrecognized arguments"),
    "no marts": (None, ["--marts"], "expected at least one argument"),
    "output is a file": (spoil_output_with_a_file, [], "is not a folder"),
    "unwritable": (put_output_below_a_file, [], "cannot write to"),
    "no manifest": (lambda p: p.manifest.unlink(), [], "cannot read the dbt manifest"),
    "manifest is no JSON": (lambda p: p.manifest.write_text("nodes"), [], "not a dbt manifest"),
    "other JSON": (lambda p: p.manifest.write_text("[1]"), [], "not a dbt manifest"),
    "no marts in it": (lambda p: p.manifest.write_text('{"nodes": {}}'), [], "no model in"),
    "other columns": (make_manifest_unlike, [], "the columns of fct_values differ in percent"),
    "mart is missing": (
        lambda p: change(p, "drop table marts.dim_categories"),
        [],
        "the warehouse has no mart dim_categories",
    ),
    "mart is new": (
        lambda p: change(p, "create table marts.dim_new as select 1 as i"),
        [],
        "the manifest has no mart dim_new",
    ),
    "type without a place": (
        lambda p: change(p, "alter table marts.fct_values alter percent type double"),
        [],
        "fct_values.percent is of type double",
    ),
    "text too long for Excel": (
        lambda p: change(p, "update marts.dim_categories set label = repeat('x', 32768)"),
        [],
        "dim_categories.label has a text of 32,768 characters",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_line_and_status_2(small, caplog, quiet_signals, mistake):
    spoil, options, message = MISTAKES[mistake]
    if spoil:
        spoil(small)
    before = contents(small.exports.parent) if small.exports.parent.is_dir() else None
    assert export_marts.main([*options_of(small), *options]) == 2
    [record] = caplog.records
    assert message in record.getMessage()
    assert "\n" not in record.getMessage()
    after = contents(small.exports.parent) if small.exports.parent.is_dir() else None
    assert (after or None) == (before or None)


def command(paths: SimpleNamespace, *options: str) -> list[str]:
    return [sys.executable, str(SCRIPTS / "export_marts.py"), *options_of(paths), *options]


def test_the_command_prints_one_line(small):
    result = subprocess.run(command(small), capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"export_marts: 5 marts, 15 rows -> {small.exports}\n"
    small.warehouse.unlink()
    result = subprocess.run(command(small), capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"export_marts: there is no warehouse file {small.warehouse}: "
        "build it first, or name another\n"
    )


def test_a_warehouse_in_use_by_a_writer_is_refused(small):
    with duckdb.connect(str(small.warehouse)):
        with pytest.raises(UserError, match="open for writing"):
            run_export(small)
        result = subprocess.run(command(small), capture_output=True, text=True)
    assert result.returncode == 2
    assert "open for writing" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_refused(small):
    # Nobody can make a folder in the process file system, not even root.
    with pytest.raises(UserError, match="cannot write to"):
        run_export(SimpleNamespace(**{**vars(small), "exports": Path("/proc/self/exports")}))


def test_a_mart_too_large_for_excel_is_refused(small, monkeypatch):
    monkeypatch.setattr(export_marts, "EXCEL_ROWS", 3)
    with pytest.raises(UserError, match="fct_values has 4 rows, an Excel sheet holds 3"):
        run_export(small)
    run_export(small, formats=["csv", "parquet", "json"])


def test_sandbox_closes_all_files(small, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    own = small.warehouse
    before = own.read_bytes()
    with (
        wh.connect_read_only(own, sandbox=True),
        wh.connect_read_only(own, sandbox=True) as connection,
    ):
        assert connection.execute("select count(*) from marts.dim_reports").fetchall() == [(1,)]
        for sql in (
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
                connection.execute(sql)
    assert own.read_bytes() == before
    assert not own.with_name(own.name + ".wal").exists()


# Whole or not at all


def test_a_folder_that_is_no_export_is_left_alone(small):
    small.exports.mkdir(parents=True)
    (small.exports / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="not of an export"):
        run_export(small)
    (small.exports / "SHA256SUMS").write_text("0  notes.txt\n0  datapackage.json\n")
    (small.exports / "datapackage.json").write_text('{"name": "another"}')
    with pytest.raises(UserError, match="not of an export"):
        run_export(small)
    assert (small.exports / "notes.txt").read_text() == "mine"


def test_an_export_with_a_file_of_the_user_is_left_alone(small):
    run_export(small)
    (small.exports / "csv" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"such as csv/notes\.txt: move them"):
        run_export(small)
    assert (small.exports / "csv" / "notes.txt").read_text() == "mine"


def test_an_export_replaces_the_previous_one(small):
    small.exports.mkdir(parents=True)  # an empty folder may be filled
    run_export(small)
    run_export(small, marts=["dim_reports"], formats=["json"])
    assert set(contents(small.exports)) == {
        "json/dim_reports.json",
        "datapackage.json",
        "SHA256SUMS",
    }
    assert leftovers(small) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, UserError, OSError])
def test_a_failure_leaves_the_previous_export(small, monkeypatch, error):
    run_export(small)
    before = contents(small.exports)

    def fail(*_):
        raise error("disk full")

    change(small, "delete from marts.fct_values")
    monkeypatch.setattr(export_marts, "data_package", fail)
    with pytest.raises(UserError if error is OSError else error):
        run_export(small)
    assert contents(small.exports) == before
    assert leftovers(small) == []


def test_one_export_at_a_time(small):
    run_export(small)
    with (
        wh.replaced_folder(small.exports, export_marts.check_is_export),
        pytest.raises(UserError, match="another run is still at work"),
    ):
        run_export(small)


def test_without_an_atomic_exchange_folders_are_replaced_too(small, monkeypatch):
    monkeypatch.setattr(wh, "_exchange", lambda *_: False)
    run_export(small)
    run_export(small, formats=["csv"])
    assert not (small.exports / "json").exists()
    assert_checksums_hold(small.exports)
    assert leftovers(small) == []


KILLED = """
import os, sys
from pathlib import Path
from publish import folder as wh
{patch}
target = Path(sys.argv[1])
with wh.replaced_folder(target, lambda folder: None) as folder:
    (folder / "a").write_text("new")
    (folder / "b").write_text("new")
"""
KILLS = {
    "while writing": "Path.write_text = lambda *_: os._exit(9)",
    "before the swap": "wh.swap = lambda *_: os._exit(9)",
    "after the swap": "wh.shutil.rmtree = lambda *_, **__: os._exit(9)",
    "between two renames": textwrap.dedent("""
        wh._exchange = lambda *_: False
        rename = os.rename
        os.rename = lambda one, other: os._exit(9) if other == target else rename(one, other)
    """),
    "after two renames": textwrap.dedent("""
        wh._exchange = lambda *_: False
        wh.shutil.rmtree = lambda *_, **__: os._exit(9)
    """),
}


@pytest.mark.parametrize("moment", KILLS)
def test_a_run_killed_at_any_moment_is_put_right(tmp_path, moment):
    target = tmp_path / "exports"
    target.mkdir()
    for name in ("a", "b"):
        (target / name).write_text("old")
    code = KILLED.format(patch=KILLS[moment])
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    killed = subprocess.run([sys.executable, "-c", code, str(target)], env=environment)
    assert killed.returncode == 9
    assert len(list(tmp_path.iterdir())) > 1 or not target.exists()  # something is left over
    if moment != "between two renames":
        assert len(set(contents(target).values())) == 1
    with (
        pytest.raises(RuntimeError),
        wh.replaced_folder(target, lambda folder: None),
    ):
        raise RuntimeError("the next run fails: still it puts right what was left")
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]
    kept = "new" if moment.startswith("after") else "old"
    assert contents(target) == {"a": kept.encode(), "b": kept.encode()}


@pytest.mark.parametrize("existing", [True, False], ids=["replacing", "first"])
def test_killed_exports_are_whole_or_absent(small, tmp_path, monkeypatch, existing):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    started = time.monotonic()
    subprocess.run(command(small), check=True, capture_output=True)
    duration = time.monotonic() - started
    random_moments = random.Random(2021)
    killed = 0
    for number in range(12):
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


def test_a_terminated_export_cleans_up(small, tmp_path):
    run_export(small)
    before = contents(small.exports)
    code = """
        import sys, time, export_marts
        def wait(*_):
            print("waiting", flush=True)
            time.sleep(60)
        export_marts.write_workbook = wait
        sys.exit(export_marts.main(sys.argv[1:]))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *options_of(small)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"waiting\n"
    assert leftovers(small)
    process.terminate()
    assert process.wait(timeout=10) == 128 + signal.SIGTERM
    assert contents(small.exports) == before
    assert leftovers(small) == []

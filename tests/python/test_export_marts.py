"""The exports hold value for value what the marts hold, and say what it means."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import openpyxl
import pandas
import pyarrow.parquet
import pytest

import exported
from conftest import Built
from export import marts as exports
from export import workbook as excel
from exported import (
    FEW,
    Copy,
    assert_package_is_valid,
    contents,
    copy_of,
    mart_rows,
    mart_types,
    package_of,
)
from warehouse.manifest import read_marts
from warehouse.project import UserError

copy = exported.copy

# What a format could take for something else: quotes, line ends, formulas, links, markup, nulls,
# long numbers.
HOSTILE = """
update marts.dim_populations set label = 'All, of "them"', description = null
    where population_id = 'production_offenders';
update marts.dim_populations set label = e'two\\nlines', description = ' None '
    where population_id = 'coercion_offenders';
update marts.dim_measures
    set label = '=1+1', unit = 'http://a', concept = '<r>é & "b"</r>', statistic = '056',
        description = null, is_exact = null
    where measure_id = 'offender_count';
update marts.dim_reports set publication_date = null;
update marts.fct_offenders_by_fiscal_year
    set offender_count = 9007199254740993, percent_change_from_first_year = -0.0001
    where fiscal_year = 2005;
update marts.fct_observations set value_high = 12345678901234.1234, value_low = 0
    where report_id = 'ussc_production_2021';
"""

Types = dict[str, str]
Row = tuple[Any, ...]
Reader = Callable[[Path, str, Types], list[Row]]


@pytest.fixture(scope="module")
def hostile(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """An export of marts with hostile values."""
    copy = copy_of(built, tmp_path_factory.mktemp("hostile"))
    copy.change(HOSTILE)
    copy.export(marts=[*FEW, "fct_observations"])
    return copy


# Reading back


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


def read_csv(folder: Path, mart: str, types: Types) -> list[Row]:
    path = folder / "csv" / f"{mart}.csv"
    frame = pandas.read_csv(path, dtype=object, keep_default_na=False, na_values=[""])
    assert list(frame.columns) == list(types)
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return typed_rows(rows, types)


def read_parquet(folder: Path, mart: str, types: Types) -> list[Row]:
    path = folder / "parquet" / f"{mart}.parquet"
    described = duckdb.execute(f"select column_name, lower(column_type) from (describe '{path}')")
    assert dict(described.fetchall()) == types
    return [tuple(row.values()) for row in pyarrow.parquet.read_table(path).to_pylist()]


def read_json(folder: Path, mart: str, types: Types) -> list[Row]:
    text = (folder / "json" / f"{mart}.json").read_text(encoding="utf-8")
    objects = json.loads(text, parse_float=Decimal)
    for item in objects:
        assert list(item) == list(types)
        texts = {types[column] for column, value in item.items() if isinstance(value, str)}
        assert texts <= {"varchar", "date"}
    return typed_rows((item.values() for item in objects), types)


@cache
def workbook(folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(folder / "sentencing_warehouse.xlsx")


def sheet_of(folder: Path, mart: str) -> Any:
    book = workbook(folder)
    [name] = [row[0] for row in book["contents"].values if row[1] == mart]
    return book[name]


def read_excel(folder: Path, mart: str, types: Types) -> list[Row]:
    header, *rows = sheet_of(folder, mart).values
    assert header == tuple(types)
    return typed_rows(rows, types)


READERS = [read_csv, read_parquet, read_json, read_excel]


def assert_reads_back(folder: Path, warehouse: Path, reader: Reader) -> None:
    types = mart_types(warehouse)
    for resource in package_of(folder)["resources"]:
        mart = resource["name"]
        found = reader(folder, mart, types[mart])
        assert sorted(map(plain, found)) == sorted(map(plain, mart_rows(warehouse, mart))), mart


def plain(row: Row) -> str:
    """Write decimals without zeros at the end: 1.50 and 1.5 are one value."""
    return repr([value.normalize() if isinstance(value, Decimal) else value for value in row])


@pytest.mark.parametrize("reader", READERS)
def test_marts_read_back_value_for_value(built: Built, hostile: Copy, reader: Reader) -> None:
    assert_reads_back(built.exports, built.warehouse, reader)
    assert_reads_back(hostile.exports, hostile.warehouse, reader)
    with pytest.raises(AssertionError, match="dim_measures"):
        assert_reads_back(hostile.exports, built.warehouse, reader)


# Each format


def test_csv_follows_rfc_4180_and_tells_null_from_empty_text(copy: Copy) -> None:
    copy.change(HOSTILE)
    copy.change("update marts.dim_populations set description = '' where description is null")
    copy.export(formats=["csv"])
    written = (copy.exports / "csv" / "dim_populations.csv").read_bytes()
    assert written.startswith(b"population_id,label,parent_population_id,classification_id,")
    for row in (
        b'\ncoercion_offenders,"two\nlines",production_offenders,inducements,coercion, None \n',
        b'\nproduction_offenders,"All, of ""them""",,,,""\n',
    ):
        assert written.count(row) == 1


def test_numbers_have_the_digits_of_their_type(hostile: Copy) -> None:
    text = (hostile.exports / "json" / "fct_offenders_by_fiscal_year.json").read_text()
    assert '"offender_count":9007199254740993,' in text
    assert '"percent_change_from_first_year":-0.0001,"published_percent_change":null' in text
    assert '"percent_change_from_first_year":422.4490,"published_percent_change":422.00' in text
    csv = (hostile.exports / "csv" / "fct_observations.csv").read_text()
    assert ",12345678901234.1234," in csv
    assert ",0.0000," in csv


def test_rows_are_in_printed_order(built: Built) -> None:
    for mart, column, order in (
        ("fct_sentence_by_inducement", "inducement_id", "sort_order"),
        ("rpt_ussc_production_2021__table_11", "type_of_inducement", "row_number"),
    ):
        frame = pandas.read_csv(built.exports / "csv" / f"{mart}.csv", keep_default_na=False)
        assert list(frame[column]) == list(frame.sort_values(order)[column])


def test_no_text_of_the_marts_reads_as_missing(built: Built) -> None:
    """Readr of R takes NA and an empty field for a missing value, quoted or not."""
    for mart in mart_types(built.warehouse):
        texts = (value for row in mart_rows(built.warehouse, mart) for value in row)
        assert not [text for text in texts if isinstance(text, str) and text.strip() in ("", "NA")]


def test_parquet_carries_descriptions(built: Built) -> None:
    for mart in read_marts(built.manifest):
        path = built.exports / "parquet" / f"{mart.name}.parquet"
        metadata = pyarrow.parquet.read_metadata(path).metadata
        assert metadata[b"description"].decode() == mart.description
        described = {column.name: column.description for column in mart.columns}
        assert json.loads(metadata[b"columns"]) == described


def test_workbook_has_contents_dictionary_and_frozen_headers(built: Built) -> None:
    marts = {mart.name: mart for mart in read_marts(built.manifest)}
    types, book = mart_types(built.warehouse), workbook(built.exports)
    assert book.sheetnames[:2] == ["contents", "data_dictionary"]
    assert len(book.sheetnames) == 2 + len(types)
    for sheet in book:
        assert len(sheet.title) <= 31
        assert sheet.freeze_panes == "A2", sheet.title
        assert [cell.font.bold for cell in sheet[1]] == [True] * sheet.max_column, sheet.title
    _, *listed = book["contents"].iter_rows()
    assert [row[1].value for row in listed] == list(types)
    for row in listed:
        name, mart = row[0].value, row[1].value
        assert row[0].hyperlink.location == f"'{name}'!A1"
        assert row[2].value == book[name].max_row - 1 == len(mart_rows(built.warehouse, mart))
        assert row[5].value == marts[mart].description
    _, *described = book["data_dictionary"].values
    assert [(*row[:3], row[4]) for row in described] == [
        (name, column.name, types[name][column.name], column.description)
        for name, mart in marts.items()
        for column in sorted(mart.columns, key=lambda c: list(types[name]).index(c.name))
    ]
    roles = {row[:2]: row[3] for row in described}
    assert roles["dim_populations", "population_id"] == "primary key"
    assert roles["dim_populations", "category_id"] == (
        "foreign key to dim_categories (classification_id, category_id)"
    )


def test_excel_cells_have_the_type_of_their_column(hostile: Copy) -> None:
    first, second = sheet_of(hostile.exports, "fct_offenders_by_fiscal_year")["A2:F3"]
    assert [cell.data_type for cell in second] == ["n"] * 5 + ["s"]
    assert [cell.number_format for cell in second[1:5]] == ["0", "0", "0.0000", "0.00"]
    # Excel keeps 15 digits, so a longer number is a text.
    assert (first[1].data_type, first[1].value) == ("s", "9007199254740993")
    [measure] = [
        row for row in sheet_of(hostile.exports, "dim_measures").rows if row[1].value == "=1+1"
    ]
    assert [cell.data_type for cell in measure[:5]] == ["s"] * 5
    assert measure[2].hyperlink is None
    other = sheet_of(hostile.exports, "dim_measures")["F2"]
    assert (other.data_type, other.value) == ("b", True)


def test_sheet_names_are_short_unique_and_stable() -> None:
    long_name = "rpt_an_agency_long_report_2021__table_1"
    title = "agency_a_title_that_is_very_long_2021__table_1"
    names = ["dim_reports", long_name, f"rpt_one_{title}", f"rpt_two_{title}"]
    sheets = excel.sheet_names(names)
    assert sheets["dim_reports"] == "dim_reports"
    assert sheets[long_name] == "rpt_~_long_report_2021__table_1"
    assert len({sheet.casefold() for sheet in sheets.values()}) == len(names)
    assert all(len(sheet) <= 31 for sheet in sheets.values())
    assert excel.sheet_names(names[::-1]) == sheets


def test_a_mart_too_large_for_a_sheet_is_left_out_of_the_workbook(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(mart_rows(copy.warehouse, "dim_measures"))
    monkeypatch.setattr(excel, "EXCEL_ROWS", count - 1)
    problem = f"dim_measures has {count} rows, a sheet takes {count - 1}"
    with pytest.raises(UserError, match=f"{problem}: add"):
        copy.export(formats=["xlsx"])
    assert copy.export(formats=["xlsx", "json", "parquet"])["dim_measures"] == count
    said = (
        f"Not in the workbook: {problem}. Its rows are in json/dim_measures.json or"
        " parquet/dim_measures.parquet."
    )
    book = workbook(copy.exports)
    assert book.sheetnames == ["contents", "data_dictionary", *FEW[1:]]
    [row] = [row for row in book["contents"].values if row[1] == "dim_measures"]
    assert (row[0], row[2]) == ("(too many rows)", count)
    assert row[5].startswith(f"{said}\n\nOne row per ")
    assert "dim_measures" in {row[0] for row in book["data_dictionary"].values}
    package = package_of(copy.exports)
    assert package["description"].endswith(f" {said}")
    paths = {resource["name"]: resource["path"] for resource in package["resources"]}
    assert paths["dim_measures"] == "json/dim_measures.json"
    assert paths["dim_reports"] == "sentencing_warehouse.xlsx"
    assert_reads_back(copy.exports, copy.warehouse, read_parquet)


# Data package


def test_package_of_all_marts_is_valid_and_says_what_manifest_and_tests_say(built: Built) -> None:
    assert_package_is_valid(built.exports)
    package = package_of(built.exports)
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["licenses"] == [{"name": "other-pd", "title": "U.S. government work"}]
    reports = mart_rows(built.warehouse, "dim_reports")
    assert [set(source) for source in package["sources"]] == [{"title", "path"}] * len(reports)
    marts = {mart.name: mart for mart in read_marts(built.manifest)}
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert list(resources) == list(marts)
    left_out = set()
    for name, mart in marts.items():
        assert resources[name]["description"] == mart.description
        schema = resources[name]["schema"]
        assert {f["name"]: f["description"] for f in schema["fields"]} == {
            column.name: column.description for column in mart.columns
        }
        required = {f["name"] for f in schema["fields"] if "constraints" in f}
        assert required == {column.name for column in mart.columns if column.is_required}
        assert mart.primary_key, name
        assert schema["primaryKey"] == list(mart.primary_key)
        said = [tuple(key["fields"]) for key in schema.get("foreignKeys", [])]
        keys = [key.columns for key in mart.foreign_keys]
        assert said == [key for key in keys if key in said]
        left_out |= {(name, key[-1]) for key in keys if key not in said}
    # A data package has no words for a key of which a part is null.
    assert left_out == {
        ("dim_categories", "parent_category_id"),
        ("fct_observations", "reference_category_id"),
    }
    [flag] = [f for f in resources["dim_measures"]["schema"]["fields"] if f["name"] == "is_exact"]
    assert (flag["type"], flag["constraints"]) == ("boolean", {"required": True})
    # A reference to the table itself names no resource.
    of_category, of_parent = resources["dim_populations"]["schema"]["foreignKeys"][::-1]
    assert of_parent["reference"] == {"fields": ["population_id"]}
    key = ["classification_id", "category_id"]
    assert of_category["reference"] == {"resource": "dim_categories", "fields": key}


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("update marts.dim_populations set category_id = 'x' where category_id <> ''", "foreign"),
        ("update marts.dim_populations set parent_population_id = 'x'", "foreign"),
        ("update marts.dim_populations set population_id = 'a'", "primary"),
        ("update marts.dim_categories set category_id = null", "constraint"),
    ],
)
def test_package_states_keys_that_frictionless_checks(copy: Copy, sql: str, error: str) -> None:
    copy.change(sql)
    copy.export(formats=["csv"], marts=["dim_populations", "dim_categories", "dim_reports"])
    report = frictionless.validate(str(copy.exports / "datapackage.json"))
    assert error in {kind.split("-")[0] for [kind] in report.flatten(["type"])}


@pytest.mark.parametrize("name", exports.FORMATS)
def test_package_of_one_format_and_some_marts_names_only_them(copy: Copy, name: str) -> None:
    copy.export(formats=[name], marts=["dim_populations", "dim_categories"])
    package = package_of(copy.exports)
    categories, populations = package["resources"]
    assert (categories["name"], populations["name"]) == ("dim_categories", "dim_populations")
    paths = {resource["path"] for resource in package["resources"]}
    assert set(contents(copy.exports)) == {*paths, "datapackage.json", "SHA256SUMS"}
    assert {resource["format"] for resource in package["resources"]} == {name}
    to = {key["reference"].get("resource") for key in populations["schema"]["foreignKeys"]}
    assert to == {"dim_categories", None}
    frictionless.Package.from_descriptor(package)  # raises if it is not valid
    if name in ("csv", "xlsx"):  # the library needs extras to read the others
        assert_package_is_valid(copy.exports)

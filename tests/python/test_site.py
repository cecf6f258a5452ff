"""The report pages: what the marts say and nothing else, whole, linked, and always the same."""

from __future__ import annotations

import csv
import filecmp
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pages import images as draw_images
from pages import serve as serve_site
from pages import charts as site_charts
from pages import text as site_text
from conftest import PROJECT, Built
from html_pages import Element, read, rows
from pages.site import make_site
from pages.charts import Chart, Mark
from pages.topics import TOPICS, Part
from warehouse.project import UserError, sha256

TOPIC_FILES = {topic.name: f"{topic.name.replace('_', '-')}.html" for topic in TOPICS}
OTHERS = ("index", "numbers", "exhibits", "checks", "dictionary", "lineage")
FILES = sorted([*TOPIC_FILES.values(), *(f"{name}.html" for name in OTHERS)])
PARTS = [(topic.name, part) for topic in TOPICS for part in topic.parts]
STAND_IN = "<!doctype html><title>dbt</title>"


@pytest.fixture(scope="module")
def site(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    documentation = folder / "documentation.html"
    documentation.write_text(STAND_IN)
    make_site(built.warehouse, folder / "site", built.manifest, built.exports, documentation)
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Element]:
    return {name: read(site / name) for name in FILES}


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        yield connection


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    result = connection.execute(sql)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def table(page: Element, name: str) -> Element:
    (found,) = [each for each in page.all("table") if each.attributes["id"] == name]
    return found


def shown(value: Any) -> str | None:
    return None if value is None else str(value)


# Form


def test_all_pages_are_there(site: Path) -> None:
    assert sorted(path.name for path in site.glob("*.html")) == FILES


def test_sizes(site: Path) -> None:
    for name in FILES:
        assert (site / name).stat().st_size < 300_000, name
    sizes = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
    assert sum(sizes) - len(STAND_IN) < 2_000_000


def test_same_input_gives_same_bytes(site: Path, built: Built, tmp_path: Path) -> None:
    """In another process, with another seed of hashes and another working folder."""
    command_line = [sys.executable, str(PROJECT / "scripts" / "cli.py"), "site"]
    command_line += ["--warehouse", str(built.warehouse), "--output", str(tmp_path / "again")]
    command_line += ["--documentation", str(site / "dbt" / "index.html")]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    subprocess.run(command_line, cwd=tmp_path, env=environment, check=True, capture_output=True)
    names = sorted(p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file())
    again = tmp_path / "again"
    assert names == sorted(p.relative_to(again).as_posix() for p in again.rglob("*") if p.is_file())
    for name in names:
        assert (site / name).read_bytes() == (again / name).read_bytes(), name


def test_form_of_each_page(pages: dict[str, Element]) -> None:
    titles = []
    for name, page in pages.items():
        (html,) = [each for each in page.all("html")]
        assert html.attributes["lang"] == "en"
        titles += [each.text for each in page.all("title") if each.text]
        assert len(page.all("h1")) == 1, name
        # Without one a browser asks the server for an icon.
        icons = [link for link in page.all("link") if link.attributes["rel"] == "icon"]
        assert [link.attributes["href"] for link in icons] == ["data:,"]
        levels = [int(each.tag[1]) for each in page.all("h1", "h2", "h3")]
        assert all(b - a <= 1 for a, b in pairwise(levels)), name
        anchors = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
        assert len(anchors) == len(set(anchors)), name
        assert not page.all("script", "img", "iframe"), name
        for picture in page.all("svg"):
            assert picture.attributes["role"] == "img"
            assert not [each for each in picture.all() if "id" in each.attributes]
    assert len(titles) == len(set(titles)) == len(FILES)


def test_tables_have_captions_and_scopes(pages: dict[str, Element]) -> None:
    count = 0
    for page in pages.values():
        captions = [each.all("caption")[0].text for each in page.all("table")]
        assert all(captions) and len(captions) == len(set(captions))
        for each in page.all("table"):
            count += 1
            assert all(
                heading.attributes["scope"] == "col" for heading in each.all("thead")[0].all("th")
            )
            for row in each.all("tbody")[0].all("tr"):
                assert [heading.attributes["scope"] for heading in row.all("th")] == ["row"]
    assert count > 50


def test_links_resolve(site: Path, pages: dict[str, Element], marts: Any) -> None:
    anchors = {
        name: {each.attributes["id"] for each in page.all() if "id" in each.attributes}
        for name, page in pages.items()
    }
    outside = {
        row["landing_url"] for row in query(marts, "select landing_url from marts.dim_reports")
    }
    followed = 0
    for name, page in pages.items():
        for link in page.all("a", "link"):
            href = link.attributes["href"]
            if href == "data:,":  # the icon
                continue
            if href.startswith("http"):
                assert href in outside and link.tag == "a"
                continue
            file, _, anchor = href.partition("#")
            assert not file.startswith("/") and ".." not in file
            assert (site / (file or name)).is_file(), (name, href)
            if anchor:
                assert anchor in anchors[file or name], (name, href)
            followed += 1
    assert followed > 500


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    style = (site / "style.css").read_text()
    assert "url(" not in style and "@import" not in style
    for name in FILES:
        text = (site / name).read_text(encoding="utf-8")
        assert not re.search(r"\bsrc=|srcset=|xlink:href|<use", text), name


def test_downloads_are_the_exports(site: Path, built: Built) -> None:
    compared = filecmp.dircmp(built.exports, site / "data")

    def differences(level: filecmp.dircmp[str]) -> list[str]:
        own = level.left_only + level.right_only + level.diff_files + level.funny_files
        return own + [name for part in level.subdirs.values() for name in differences(part)]

    assert not differences(compared)
    for line in (site / "data" / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert sha256(site / "data" / name) == digest


def test_checksums(site: Path) -> None:
    lines = (site / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()}
    assert set(listed) == files - {"SHA256SUMS"}
    assert all(sha256(site / name) == digest for name, digest in listed.items())


# Numbers


@pytest.mark.parametrize(("topic", "part"), PARTS, ids=[part.name for _, part in PARTS])
def test_table_equals_mart(pages: dict[str, Element], marts: Any, topic: str, part: Part) -> None:
    """Every cell of a column of the mart, whatever the query of the page does."""
    found = rows(table(pages[TOPIC_FILES[topic]], part.name))
    (mart,) = part.marts
    own = [column[0] for column in marts.execute(f"from marts.{mart}").description]
    columns = [column.name for column in part.columns if column.name in own]
    assert len(columns) >= 5
    expected = query(marts, f"select {', '.join(columns)} from marts.{mart}")
    key = part.columns[0].name
    assert len(found) == len(expected)
    by_key = {(row[key].value, row["fiscal_year"].value): row for row in found}
    for row in expected:
        cells = by_key[str(row[key]), str(row["fiscal_year"])]
        assert {name: cells[name].value for name in columns} == {
            name: shown(row[name]) for name in columns
        }


def test_every_table_has_numbers_to_test(pages: dict[str, Element]) -> None:
    """The columns that are not the mart's are those that the tests below compute themselves."""
    others = set()
    for topic, part in PARTS:
        headings = table(pages[TOPIC_FILES[topic]], part.name).all("thead")[0].all("th")
        others |= {(part.name, each.attributes["data-column"]) for each in headings}
    marts_columns = {
        (part.name, column.name)
        for _, part in PARTS
        for column in part.columns
        if (part.name, column.name) not in COMPUTED
    }
    assert others - marts_columns == COMPUTED


COMPUTED = {
    ("sentence_by_inducement", "months_above_low"),
    ("sentence_by_inducement", "months_above_high"),
    ("sentencing_outcomes", "population_offender_count"),
}


def test_computed_columns(pages: dict[str, Element], marts: Any) -> None:
    """Two means rounded to whole months leave their difference open by one month."""
    for row in rows(table(pages["sentence-by-inducement.html"], "sentence_by_inducement")):
        difference = Decimal(row["months_above_no_inducement"].value or "")
        if row["inducement_label"].text == "None":
            assert difference == 0
            assert (row["months_above_low"].text, row["months_above_high"].text) == ("", "")
        else:
            assert Decimal(row["months_above_low"].text) == difference - 1
            assert Decimal(row["months_above_high"].text) == difference + 1
    (count,) = marts.execute(
        "select offender_count from marts.fct_offenders_by_fiscal_year where fiscal_year = 2019"
    ).fetchone()
    for row in rows(table(pages["sentencing-outcomes.html"], "sentencing_outcomes")):
        assert row["population_offender_count"].value == str(count)


@pytest.mark.parametrize("name", FILES)
def test_shown_numbers_are_the_exact_ones_rounded(pages: dict[str, Element], name: str) -> None:
    for data in pages[name].all("data"):
        exact, text = data.attributes["value"], data.text
        try:
            exact_number, number = Decimal(exact), Decimal(text.replace(",", ""))
        except ArithmeticError:
            continue  # a word
        assert abs(exact_number - number) * 2 <= Decimal(10) ** number.as_tuple().exponent, text
    assert pages[name].all("data") or name in ("dictionary.html", "lineage.html", "exhibits.html")


def test_numbers_lead_to_their_place_in_print(pages: dict[str, Element], marts: Any) -> None:
    """A number that is no derived one is shown with the digits of the printed cell it leads to."""
    observations = {
        row["observation_id"]: row for row in query(marts, "from marts.fct_observations")
    }
    printed = 0
    for topic, part in PARTS:
        for row in rows(table(pages[TOPIC_FILES[topic]], part.name)):
            for name, cell in row.items():
                if not (cell.href or "").startswith("#"):
                    continue
                observation = observations[cell.href[1:]]
                derived = observation["obs_status"] == "derived"
                assert cell.is_derived == derived, (part.name, name, cell)
                if not derived and name != "obs_value":
                    assert cell.text == observation["printed_value"]
                    printed += 1
    assert printed > 30


NEVER_PRINTED = {
    "offender_percent",
    "months_above_no_inducement",
    "months_above_low",
    "months_above_high",
    "mean_sentence_months_low",
    "mean_sentence_months_high",
    "recomputed_percent",
    "percent_change_from_first_year",
}


def test_derived_columns_are_marked(pages: dict[str, Element]) -> None:
    """Those that the report never prints are derived in every row."""
    computed = {column.name for _, part in PARTS for column in part.columns} & NEVER_PRINTED
    assert computed == NEVER_PRINTED
    for topic, part in PARTS:
        for row in rows(table(pages[TOPIC_FILES[topic]], part.name)):
            for column in part.columns:
                if column.name in NEVER_PRINTED and row[column.name].text:
                    assert row[column.name].is_derived
                if column.status == "published":
                    assert not row[column.name].is_derived


def test_every_number_is_listed_with_its_seed_cell(pages: dict[str, Element], marts: Any) -> None:
    listed: dict[str, dict[str, Any]] = {}
    for each in pages["numbers.html"].all("table"):
        ids = [row.attributes["id"] for row in each.all("tbody")[0].all("tr")]
        listed |= dict(zip(ids, rows(each), strict=True))
    observations = query(marts, "from marts.fct_observations")
    assert set(listed) == {row["observation_id"] for row in observations}
    for observation in observations:
        row = listed[observation["observation_id"]]
        number = row["obs_value"]
        assert number.value == shown(observation["obs_value"])
        assert number.is_derived == (observation["obs_status"] == "derived")
        assert row["fiscal_year"].text == str(observation["fiscal_year"])
        if observation["obs_status"] == "derived":
            assert observation["derivation"] in row["locator"].text
            assert row["seed"].text == ""
            continue
        assert number.text == observation["printed_value"]
        assert observation["locator"] in row["locator"].text
        assert (observation["footnote"] is None) == ("note" not in row["locator"].text)
        path, line, column = re.fullmatch(
            r"(\S+), line (\d+), column (\w+)", row["seed"].text
        ).groups()
        with (PROJECT / path).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            (cells,) = [seed_row for seed_row in reader if reader.line_num == int(line)]
        assert cells[column] == observation["printed_value"]


def test_topics_list_the_numbers_that_they_show(pages: dict[str, Element]) -> None:
    for name in TOPIC_FILES.values():
        listed = {
            row.attributes["id"] for row in table(pages[name], "sources").all("tbody")[0].all("tr")
        }
        in_tables = {
            link.attributes["href"][1:]
            for link in pages[name].all("a")
            if link.all("data") and link.attributes["href"].startswith("#")
        }
        assert in_tables and in_tables <= listed


def test_exhibits_are_given_back_as_keyed(pages: dict[str, Element], marts: Any) -> None:
    tables = pages["exhibits.html"].all("table")
    exhibits = query(marts, "select exhibit_id from marts.dim_exhibits")
    assert len(tables) == len(exhibits)
    for each in tables:
        mart = each.attributes["data-marts"]
        seed = next((PROJECT / "seeds").glob(f"*/{mart.replace('rpt_', 'raw_', 1)}.csv"))
        with seed.open(newline="", encoding="utf-8") as file:
            keyed = list(csv.DictReader(file))
        found = rows(each)
        assert len(found) == len(keyed)
        shared = [name for name in found[0] if name in keyed[0]]
        assert len(shared) >= 3
        for row, keyed_row in zip(found, keyed, strict=True):
            assert {name: row[name].text for name in shared} == {
                name: keyed_row[name] for name in shared
            }
        assert not any(cell.is_derived for row in found for cell in row.values())


def test_every_check_is_shown(pages: dict[str, Element], marts: Any) -> None:
    columns = "subject, printed_value, expected_low, expected_high, verdict, explanation"
    expected = query(marts, f"select {columns} from marts.fct_consistency_checks")
    found = [
        row
        for each in pages["checks.html"].all("table")
        if each.attributes["id"].startswith("checks-")
        for row in rows(each)
    ]
    words = {"✓ consistent": "consistent", "† declared discrepancy": "documented_discrepancy"}

    def key(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(shown(row[name]) or "" for name in columns.split(", "))

    read_back = [
        {
            "subject": row["subject"].text,
            "printed_value": row["printed_value"].text,
            "expected_low": row["expected_low"].value,
            "expected_high": row["expected_high"].value,
            "verdict": words[row["verdict"].text],
            "explanation": row["explanation"].text,
        }
        for row in found
    ]
    assert sorted(map(key, read_back)) == sorted(map(key, expected))
    total = len(expected)
    consistent = sum(row["verdict"] == "consistent" for row in expected)
    for name in ("checks.html", "index.html"):
        text = pages[name].text
        assert f"{total} checks" in text and f"✓ {consistent} consistent" in text
        assert f"† {total - consistent} declared discrepancies" in text


def test_discrepancies_are_shown_where_their_numbers_are(
    pages: dict[str, Element], marts: Any
) -> None:
    discrepancies = query(marts, "from marts.rpt_discrepancies")
    assert discrepancies
    for item in discrepancies:
        notes = [
            (name, note)
            for name, page in pages.items()
            for note in page.all("div")
            if note.attributes.get("id") == item["discrepancy_id"]
        ]
        assert "checks.html" in {name for name, _ in notes} and len(notes) >= 2
        for _, note in notes:
            assert item["explanation"] in note.text and item["consistent_values"] in note.text
            assert f"Printed: {item['printed_value']}" in note.text
        for name in {name for name, _ in notes} - {"checks.html"}:
            assert any("†" in each.text for each in pages[name].all("figcaption"))


def test_dictionary_has_every_column_and_test(pages: dict[str, Element], built: Built) -> None:
    nodes = json.loads(built.manifest.read_bytes())["nodes"].values()
    page = pages["dictionary.html"]
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        types = query(
            connection,
            "select table_name, column_name, data_type, comment from duckdb_columns()"
            " where schema_name = 'marts'",
        )
    assert {each.attributes["id"] for each in page.all("h2")} == {
        row["table_name"] for row in types
    }
    described = {}
    for row in types:
        cells = {
            each["column"].text: each for each in rows(table(page, f"columns-{row['table_name']}"))
        }
        cell = cells[row["column_name"]]
        assert cell["type"].text == row["data_type"].lower()
        assert cell["description"].text == " ".join(row["comment"].split())
        described[row["table_name"], row["column_name"]] = cell
    tests = [node for node in nodes if node["resource_type"] == "test"]
    named = {each.text for each in page.all("code")}
    marts = {row["table_name"] for row in types}
    attached = [
        node for node in tests if (node.get("attached_node") or "").rpartition(".")[2] in marts
    ]
    assert len(attached) > 50 and {node["name"] for node in attached} <= named
    assert "primary key" in described["fct_observations", "observation_id"]["keys"].text
    assert "values_within_their_bounds" in described["fct_observations", "value_low"]["tests"].text
    assert "to dim_categories" in described["fct_coercion_methods", "category_key"]["keys"].text


def test_lineage_leads_to_the_printed_exhibits(pages: dict[str, Element], marts: Any) -> None:
    sections = {
        each.attributes["aria-labelledby"]: each for each in pages["lineage.html"].all("section")
    }

    def steps(mart: str) -> dict[str, list[str]]:
        names = [each.text for each in sections[mart].all("dt")]
        lists = [[item.text for item in each.all("li")] for each in sections[mart].all("dd")]
        return dict(zip(names, lists, strict=True))

    folder = "seeds/ussc_production_2021/raw_ussc_production_2021__"
    figure = steps("rpt_ussc_production_2021__figure_10")
    assert figure["Exhibits"] == ["Figure 10"]
    assert figure["Seeds"] == [f"{folder}figure_10.csv"]
    staging = "models/staging/ussc_production_2021/stg_ussc_production_2021__figure_10.sql"
    assert figure["Staging"] == [staging]
    assert "models/intermediate/int_observations.sql" in figure["Intermediate"]
    assert figure["Marts on the way"] == ["models/marts/core/fct_observations.sql"]
    (methods,) = query(
        marts,
        "select list(distinct exhibit_id order by exhibit_id) as found from marts.fct_observations"
        " where observation_id in (select unnest([count_observation_id, percent_observation_id])"
        " from marts.fct_coercion_methods)",
    )
    seeds = [f"{folder}{exhibit.partition('.')[2]}.csv" for exhibit in methods["found"]]
    assert steps("fct_coercion_methods")["Seeds"] == seeds
    assert len(steps("fct_observations")["Seeds"]) == 8
    codes = steps("dim_categories")
    assert codes["Exhibits"] == [] and "Seeds" not in codes
    assert codes["Codes and labels"] == ["seeds/reference/categories.csv"]
    for mart in sections:
        for path in (
            path for name in steps(mart) if name != "Exhibits" for path in steps(mart)[name]
        ):
            assert (PROJECT / path).is_file(), path


def test_no_number_is_typed_in_the_text() -> None:
    """Numbers in prose come from the marts: the templates have none of their own."""
    for path in (PROJECT / "pages").rglob("*.html"):
        text = re.sub(r"\{[{%].*?[%}]\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"<[^>]*>|&\w+;", "", text, flags=re.S)
        # A percentage's range, and the name of the list of checksums.
        text = text.replace("0 to 100", "").replace("SHA256SUMS", "")
        assert not re.search(r"\d", text), f"{path.name}: {re.findall(r'.*[0-9].*', text)}"


def changed(built: Built, folder: Path, *statements: str) -> Path:
    """Copy the warehouse and change the copy, with the manifest and the exports beside it."""
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(built.warehouse, warehouse)
    shutil.copy(built.manifest, folder / "manifest.json")
    if not (folder / "exports").exists():
        shutil.copytree(built.exports, folder / "exports")
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)
    return warehouse


def made(warehouse: Path) -> dict[str, str]:
    folder = warehouse.parent
    make_site(warehouse, folder / "site", folder / "manifest.json", folder / "exports")
    return {
        path.name: path.read_text(encoding="utf-8") for path in (folder / "site").glob("*.html")
    }


def test_a_changed_mart_changes_text_table_and_chart(built: Built, tmp_path: Path) -> None:
    warehouse = changed(
        built,
        tmp_path,
        "update marts.fct_sentence_by_inducement set mean_sentence_months = 246.00,"
        " months_above_no_inducement = -20.00 where inducement_id = 'incapacitation'",
        "update marts.fct_victim_count_buckets set bucket_label = 'A <b>& \"one\"'"
        " where victim_count_bucket_id = 'one'",
    )
    pages = made(warehouse)
    page = pages["sentence-by-inducement.html"]
    assert "20 months shorter with incapacitation" in " ".join(page.split())
    assert page.count(">246 (−20)</text>") == 2
    assert '<data value="246.00">246</data>' in page
    assert "20 months shorter with incapacitation" in pages["index.html"]
    victims = pages["number-of-victims.html"]
    assert "<b>&" not in victims and victims.count("A &lt;b&gt;&amp; ") >= 4


def test_the_release_is_named(site: Path, built: Built, tmp_path: Path) -> None:
    assert all("Not a release." in (site / name).read_text() for name in FILES)
    warehouse = changed(
        built,
        tmp_path,
        "create schema release",
        "create table release.about as select 'r<17>' as release_id",
    )
    pages = made(warehouse)
    assert all("Release r&lt;17&gt;." in text for text in pages.values())
    assert not any("Not a release" in text for text in pages.values())


def test_without_documentation_nothing_links_to_it(built: Built, tmp_path: Path) -> None:
    pages = made(changed(built, tmp_path))
    assert not (tmp_path / "site" / "dbt").exists()
    assert not any('href="dbt' in text for text in pages.values())


# Charts


BARS = {
    "number-of-victims.html": ("victim_count_buckets", "offender_count"),
    "misrepresentation.html": ("misrepresentation_types", "published_percent"),
    "enticement.html": ("enticement_types", "published_percent"),
    "offenders-by-fiscal-year.html": ("offenders_by_fiscal_year", "offender_count"),
}


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("name", BARS)
def test_bars_are_as_long_as_their_numbers(pages: dict[str, Element], name: str, size: str) -> None:
    """And each starts at zero, one below the other: none is stacked."""
    (picture,) = [each for each in pages[name].all("svg") if each.attributes["class"] == size]
    bars = []
    for group in picture.all("g"):
        if "mark-rect" in group.attributes.get("class", ""):
            for path in group.all("path"):
                if path.attributes.get("stroke") == "var(--mark)":
                    shape = re.match(r"M([\d.]+),([\d.]+)h([\d.]+)v", path.attributes["d"])
                    bars.append(tuple(map(float, shape.groups())))
    part, column = BARS[name]
    values = [float(row[column].value or 0) for row in rows(table(pages[name], part))]
    bars.sort(key=lambda bar: bar[1])
    assert len(bars) == len(values)
    assert {bar[0] for bar in bars} == {0.0}
    for (_, _, length), value in zip(bars, values, strict=True):
        assert length / bars[-1][2] == pytest.approx(value / values[-1], rel=0.01, abs=0.01)


def test_dots_stand_at_their_means(pages: dict[str, Element]) -> None:
    page = pages["sentence-by-inducement.html"]
    picture = next(each for each in page.all("svg") if each.attributes["class"] == "wide")
    dots = []
    for group in picture.all("g"):
        if "mark-symbol role-mark" in group.attributes.get("class", ""):
            for path in group.all("path"):
                place = re.match(r"translate\(([\d.]+),([\d.]+)\)", path.attributes["transform"])
                dots.append(tuple(map(float, place.groups())))
    dots.sort(key=lambda dot: dot[1])
    means = [
        float(row["mean_sentence_months"].value or 0)
        for row in rows(table(page, "sentence_by_inducement"))
    ]
    assert len(dots) == len(means)
    unit = (dots[0][0] - dots[-1][0]) / (means[0] - means[-1])
    for (x, _), mean in zip(dots, means, strict=True):
        assert x == pytest.approx(dots[-1][0] + unit * (mean - means[-1]), abs=0.1)


def test_derived_bars_are_outlined(pages: dict[str, Element]) -> None:
    page = pages["number-of-victims.html"]
    picture = next(each for each in page.all("svg") if each.attributes["class"] == "wide")
    fills = [
        path.attributes["fill"]
        for path in picture.all("path")
        if path.attributes.get("stroke") == "var(--mark)"
    ]
    derived = [
        row["offender_count"].is_derived for row in rows(table(page, "victim_count_buckets"))
    ]
    assert fills.count("var(--paper)") == derived.count(True) == 1
    assert fills.count("var(--mark)") == derived.count(False) == 2


def test_each_chart_states_its_message(pages: dict[str, Element]) -> None:
    count = 0
    for name in TOPIC_FILES.values():
        for figure in pages[name].all("figure"):
            message = figure.all("p")[0].text
            title = figure.all("h2")[0].text
            assert re.search(r"\d", message) and "{" not in message
            for picture in figure.all("svg"):
                assert picture.attributes["aria-label"] == f"Chart. {title}. {message}"
            assert [each.attributes["class"] for each in figure.all("svg")] == ["wide", "narrow"]
            count += 1
    assert count == sum(len(part.charts) for _, part in PARTS)


def test_open_ended_marks_and_room_for_long_numbers() -> None:
    marks = (
        Mark("A short one", Decimal(1), "1 year"),
        Mark("The longest", None, "life"),
        Mark("A very long number", Decimal(100), "1,234,567 offenders (100.00%)"),
    )
    for width in site_charts.WIDTHS.values():
        chart = Chart(marks, "Months")
        site_charts.specification(chart, width, "white").to_dict(validate=True)
        dots = Chart((marks[0], marks[2]), "Months", reference=Decimal(20))
        site_charts.specification(dots, width, "white").to_dict(validate=True)
        drawn = site_charts.svg(chart, width)
        assert "The longest: life" in drawn and "stroke-dasharray" in drawn
        assert float(re.search(r'width="([\d.]+)"', drawn)[1]) <= width + 1


def colors(media: str) -> dict[str, str]:
    style = site_charts.STYLE_SHEET.read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, flags=re.S)[:2]
    return dict(re.findall(r"--(\w+): (#\w{6});", light if media == "light" else dark))


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("media", ["light", "dark"])
def test_contrast(media: str) -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for marks."""
    color = colors(media)
    assert set(color) == set(colors("light"))
    for text in ("ink", "muted", "link", "warn", "good"):
        for ground in ("paper", "panel"):
            assert contrast(color[text], color[ground]) >= 4.5, (text, ground)
    assert contrast(color["ink"], color["target"]) >= 4.5
    assert contrast(color["link"], color["target"]) >= 4.5
    assert contrast(color["ink"], color["track"]) >= 4.5
    for ground in ("paper", "track"):
        assert contrast(color["mark"], color[ground]) >= 3, ground


def test_charts_take_all_colors_from_the_style_sheet(pages: dict[str, Element]) -> None:
    names = set(colors("light"))
    used = set()
    for page in pages.values():
        for picture in page.all("svg"):
            for each in picture.all():
                for attribute in ("fill", "stroke"):
                    value = each.attributes.get(attribute, "none")
                    if value not in ("none", "transparent"):
                        used.add(re.fullmatch(r"var\(--(\w+)\)", value)[1])
    assert used == set(site_charts.COLORS) <= names


def test_readme_images_are_drawn_from_the_marts(built: Built, tmp_path: Path) -> None:
    drawn = draw_images.draw(built.warehouse, built.manifest, tmp_path)
    committed = PROJECT / "docs" / "images"
    assert {path.name for path in drawn} == {path.name for path in committed.iterdir()}
    for path in drawn:
        assert path.read_bytes() == (committed / path.name).read_bytes(), "run make images"
        assert path.stat().st_size < 30_000


# Words


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: site_text.number(Decimal("56.60")), "56.6"),
        (lambda: site_text.number(Decimal("41.00"), 1), "41.0"),
        (lambda: site_text.number(Decimal("2.3438"), 2), "2.34"),
        (lambda: site_text.number(Decimal("0.25"), 1), "0.3"),
        (lambda: site_text.number(1200), "1,200"),
        (lambda: site_text.number(Decimal("100.0000")), "100"),
        (lambda: site_text.signed(Decimal("-3.0")), "−3"),
        (lambda: site_text.signed(47), "+47"),
        (lambda: site_text.signed(0), "0"),
        (lambda: site_text.listed(["a"]), "a"),
        (lambda: site_text.listed(["a", "b", "c"]), "a, b and c"),
        (lambda: site_text.range_of(11, 12), "11 to 12"),
        (lambda: site_text.range_of(11, 11), "11"),
        (lambda: site_text.counted(1, "years"), "1 year"),
        (lambda: site_text.counted(15, "years"), "15 years"),
        (lambda: site_text.more_or_less(-4, "more", "fewer"), "4 fewer"),
    ],
)
def test_numbers_in_words(call: Callable[[], str], text: str) -> None:
    assert call() == text


# Errors


def run(*options: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(PROJECT / "scripts" / "cli.py"), "site", *map(str, options)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_without_a_warehouse(tmp_path: Path) -> None:
    done = run("--warehouse", tmp_path / "warehouse.duckdb", "--output", tmp_path / "site")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("make_site: ") and "build it first" in line
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("statement", "lacks"),
    [
        ("alter table marts.fct_coercion_methods drop column offender_count_low", "differ"),
        ("drop table marts.fct_enticement_types", "no mart fct_enticement_types"),
    ],
)
def test_warehouse_and_manifest_of_different_builds(
    built: Built, tmp_path: Path, statement: str, lacks: str
) -> None:
    warehouse = changed(built, tmp_path, statement)
    with pytest.raises(UserError, match=lacks):
        made(warehouse)


@pytest.mark.parametrize(
    ("mart", "column", "lacks"),
    [
        ("fct_coercion_methods", "offender_count_low", "the column offender_count_low"),
        ("fct_enticement_types", None, "the table fct_enticement_types"),
    ],
)
def test_an_old_warehouse(
    built: Built, tmp_path: Path, mart: str, column: str | None, lacks: str
) -> None:
    """One that fits its own manifest, from before a mart or a column was added."""
    drop = (
        f"alter table marts.{mart} drop column {column}" if column else f"drop table marts.{mart}"
    )
    warehouse = changed(built, tmp_path, drop)
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    unique_id = f"model.sentencing_warehouse.{mart}"
    if column:
        del manifest["nodes"][unique_id]["columns"][column]
    else:
        del manifest["nodes"][unique_id]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    done = run("--warehouse", warehouse, "--output", tmp_path / "site")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert lacks in line and "run make build again" in line
    assert not (tmp_path / "site").exists()


def test_an_empty_mart(built: Built, tmp_path: Path) -> None:
    warehouse = changed(built, tmp_path, "delete from marts.fct_enticement_types")
    with pytest.raises(UserError, match="no rows in fct_enticement_types"):
        made(warehouse)


def test_without_exports(built: Built, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder of exports .*: run make build first"):
        make_site(built.warehouse, tmp_path / "site", built.manifest, tmp_path / "none")
    shutil.copytree(built.exports, tmp_path / "exports")
    (tmp_path / "exports" / "parquet" / "dim_rules.parquet").unlink()
    with pytest.raises(UserError, match=r"lack parquet/dim_rules.parquet"):
        make_site(built.warehouse, tmp_path / "site", built.manifest, tmp_path / "exports")
    missing = tmp_path / "index.html"
    with pytest.raises(UserError, match="no documentation"):
        make_site(built.warehouse, tmp_path / "site", built.manifest, built.exports, missing)


def test_the_site_is_replaced_whole_or_not_at_all(built: Built, tmp_path: Path) -> None:
    output = tmp_path / "site"
    make_site(built.warehouse, output, built.manifest, built.exports)
    first = (output / "index.html").read_bytes()
    with pytest.raises(UserError):
        make_site(built.warehouse, output, built.manifest, tmp_path / "none")
    assert (output / "index.html").read_bytes() == first
    make_site(built.warehouse, output, built.manifest, built.exports)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    (output / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"such as notes.txt"):
        make_site(built.warehouse, output, built.manifest, built.exports)
    with pytest.raises(UserError, match="not of a site"):
        make_site(built.warehouse, built.exports, built.manifest, built.exports)
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("another site")
    (other / "SHA256SUMS").write_text(f"{sha256(other / 'index.html')}  index.html\n")
    with pytest.raises(UserError, match="not of a site"):
        make_site(built.warehouse, other, built.manifest, built.exports)


# Server


def test_the_site_is_served_on_this_machine_alone(site: Path) -> None:
    logging.getLogger("http.server").setLevel(logging.CRITICAL)
    with serve_site.server(site, 0) as listening:
        assert listening.server_address[0] == "127.0.0.1"
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            port = listening.server_port
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/coercion.html") as answer:
                assert answer.read() == (site / "coercion.html").read_bytes()
            with pytest.raises(UserError, match="name another with PORT"):
                serve_site.server(site, port)
        finally:
            listening.shutdown()
            thread.join()


def test_serving_needs_a_site(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run make site first"):
        serve_site.server(tmp_path, 0)

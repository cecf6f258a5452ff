"""The report pages: what the marts say and nothing else, whole, linked, and always the same."""

from __future__ import annotations

import csv
import json
import os
import re
import urllib.request
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import exported
from conftest import PROJECT, Built, Marts, Refused, copy_folder, run_cli
from exported import Copy, assert_checksums_hold, contents
from html_pages import CellRead, Element, Pages, read, rows, serving, table, text
from pages import topics
from pages.commands import server
from pages.data import Data
from pages.site import DATA_PAGES, make_site
from pages.topics import Part, rows_of
from warehouse.project import UserError

TOPIC_FILES = {f"{name.replace('_', '-')}.html": parts for name, parts in topics.PARTS.items()}
FILES = sorted(["index.html", *TOPIC_FILES, *DATA_PAGES])
PARTS = [(file, part) for file, parts in TOPIC_FILES.items() for part in parts]

copy = exported.copy


@pytest.fixture
def data(marts: Marts) -> Data:
    return Data(marts)


def shown(value: Any) -> str | None:
    return None if value is None else str(value)


def keyed(seed: str) -> list[dict[str, str]]:
    with (PROJECT / seed).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ids(element: Element) -> list[str]:
    return [each.attrib["id"] for each in element.findall(".//*[@id]")]


def test_same_input_gives_same_bytes(site: Path, built: Built, tmp_path: Path) -> None:
    """In another process, with another seed of hashes and another working folder."""
    options = ["--warehouse", built.warehouse, "--output", tmp_path / "again"]
    options += ["--documentation", site / "dbt" / "index.html"]
    other = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    done = run_cli("site", *options, cwd=tmp_path, env=other)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "again") == contents(site)


def test_files_are_light_and_the_exports_and_have_checksums(site: Path, built: Built) -> None:
    assert_checksums_hold(site)
    assert contents(site / "data") == contents(built.exports)
    files = contents(site)
    assert [name for name in sorted(files) if re.fullmatch(r"[^/]+\.html", name)] == FILES
    assert max(len(files[name]) for name in FILES) < 300_000
    assert sum(map(len, files.values())) - len(files["dbt/index.html"]) < 2_000_000


def test_form_of_each_page(site: Path, pages: Pages) -> None:
    """Nothing comes from elsewhere, and names tell pages, anchors and tables apart."""
    assert not re.search(r"url\(|@import", (site / "style.css").read_text())
    titles = [page.findtext("head/title") for page in pages.values()]
    assert all(titles) and len(set(titles)) == len(titles)
    for name, page in pages.items():
        assert len(ids(page)) == len(set(ids(page))), name
        assert not {each.tag for each in page.iter()} & {"script", "img", "iframe", "use"}, name
        assert not page.findall(".//*[@src]"), name
        # Without an icon a browser asks the server for one.
        assert [link.get("href") for link in page.iter("link")] == ["data:,", "style.css"]
        captions = [text(each.find("caption")) for each in page.iter("table")]
        assert all(captions) and len(captions) == len(set(captions)), name


def test_links_resolve(site: Path, pages: Pages, data: Data, built: Built) -> None:
    anchors = {name: set(ids(page)) for name, page in pages.items()}
    nodes = json.loads(built.manifest.read_bytes())["nodes"]
    anchors["dbt/index.html"] = {f"!/model/{node}" for node in nodes}
    outside = {report["landing_url"] for report in data.reports.values()}
    links = [(name, link) for name, page in pages.items() for link in page.iter("a")]
    for name, link in links:
        href = link.attrib["href"]
        file, _, anchor = href.partition("#")
        if href not in outside:
            assert not file.startswith(("/", "http")) and ".." not in file, href
            assert (site / (file or name)).is_file(), (name, href)
            assert not anchor or anchor in anchors[file or name], (name, href)
    lineage = sum(link.text == "lineage" for _, link in links)
    assert lineage == len(PARTS) + len(pages["dictionary.html"].findall(".//h2"))


# Numbers

# What has no place in print of its own: words, years and bases.
UNLINKED = ("label", "fiscal_year", "unit", "population_offender_count")


@pytest.mark.parametrize(("file", "part"), PARTS, ids=[part.name for _, part in PARTS])
def test_table_equals_mart(pages: Pages, data: Data, file: str, part: Part) -> None:
    """Every cell of a column of the mart, whatever the query of the page does."""
    found = rows(table(pages[file], part.name))
    own = set(data.query(f"from marts.{part.mart}")[0])
    columns = [name for name in found[0] if name in own]
    assert len(columns) >= 5
    expected = data.query(f"select {', '.join(columns)} from marts.{part.mart}")
    assert sorted([cells[name].value or "" for name in columns] for cells in found) == sorted(
        [shown(value) or "" for value in row.values()] for row in expected
    )


def test_computed_columns(pages: Pages, data: Data) -> None:
    """Two means rounded to whole months leave their difference open by one month."""
    for row in rows(table(pages["sentence-by-inducement.html"], "sentence_by_inducement")):
        difference, *bounds = (row[name].text for name in row if name.startswith("months_above"))
        if row["inducement_label"].text == "None":
            assert (difference, *bounds) == ("0", "", "")
        else:
            assert bounds == [str(int(difference) - 1), str(int(difference) + 1)]
    outcomes = rows(table(pages["sentencing-outcomes.html"], "sentencing_outcomes"))
    assert {row["population_offender_count"].value for row in outcomes} == {"512"}


def test_shown_numbers_are_the_exact_ones_rounded(pages: Pages) -> None:
    compared = set()
    for name, page in pages.items():
        for data in page.iter("data"):
            with suppress(ArithmeticError):  # a word
                number = Decimal(text(data).replace(",", ""))
                unit = Decimal(10) ** number.as_tuple().exponent
                assert abs(Decimal(data.attrib["value"]) - number) * 2 <= unit, number
                compared.add(name)
    assert set(pages) - compared == {"dictionary.html", "exhibits.html"}


def test_numbers_lead_to_their_place_in_print(pages: Pages, data: Data) -> None:
    """A printed number is shown with the digits of the cell it leads to; the others are marked."""
    printed = 0
    for file, part in PARTS:
        listed = ids(table(pages[file], "sources"))
        cells = [cell for row in rows(table(pages[file], part.name)) for cell in row.items()]
        for name, cell in cells:
            if not cell.href:
                assert name.endswith(UNLINKED) or cell.is_derived or not cell.text, name
                continue
            assert cell.href[1:] in listed
            observation = data.observations[cell.href[1:]]
            assert cell.is_derived == (observation["obs_status"] == "derived"), (part.name, name)
            # A word in print has its number beside it.
            if not cell.is_derived and not (name == "obs_value" and part.mart.endswith("outcomes")):
                assert cell.text == observation["printed_value"]
                printed += 1
    assert printed > 30


def test_every_number_is_listed_with_its_seed_cell(pages: Pages, data: Data) -> None:
    listed: dict[str, dict[str, CellRead]] = {}
    for each in pages["numbers.html"].iter("table"):
        names = [row.attrib["id"] for row in each.findall("tbody/tr")]
        listed |= dict(zip(names, rows(each), strict=True))
    observations = data.query("from marts.fct_observations")
    assert set(listed) == {row["observation_id"] for row in observations}
    for observation in observations:
        row = listed[observation["observation_id"]]
        assert row["obs_value"].value == shown(observation["obs_value"])
        assert row["obs_value"].is_derived == (observation["obs_status"] == "derived")
        assert row["fiscal_year"].text == str(observation["fiscal_year"])
        if observation["obs_status"] == "derived":
            assert observation["derivation"] in row["locator"].text
            assert row["seed"].text == ""
            continue
        assert row["obs_value"].text == observation["printed_value"]
        assert observation["locator"] in row["locator"].text
        assert (observation["footnote"] is None) == ("note" not in row["locator"].text)
        place = re.fullmatch(r"(\S+), line (\d+), column (\w+)", row["seed"].text)
        assert place
        # The first line is the header.
        assert keyed(place[1])[int(place[2]) - 2][place[3]] == observation["printed_value"]


def test_exhibits_are_given_back_as_keyed(pages: Pages, data: Data) -> None:
    tables = [*pages["exhibits.html"].iter("table")]
    assert len(tables) == len(data.exhibits)
    for each in tables:
        report, _, exhibit = each.attrib["data-mart"].removeprefix("rpt_").partition("__")
        seed = f"seeds/{report}/raw_{report}__{exhibit}.csv"
        assert seed in text(pages["exhibits.html"])
        found, expected = rows(each), keyed(seed)
        shared = [name for name in found[0] if name in expected[0]]
        assert len(shared) >= 3
        for row, cells in zip(found, expected, strict=True):
            # A fiscal year or a heading that is not keyed is the exhibit's.
            same = [n for n in shared if cells[n] or n not in ("fiscal_year", "heading")]
            assert [row[name].text for name in same] == [cells[name] for name in same]


def test_every_check_is_shown(pages: Pages, data: Data) -> None:
    columns = ["subject", "printed_value", "expected_low", "expected_high", "explanation"]
    words = {"consistent": "✓ consistent", "documented_discrepancy": "† declared discrepancy"}
    expected = [
        [
            *(shown(check[name]) or "" for name in columns),
            words[check["verdict"]] + ", as any value would be" * check["is_vacuous"],
        ]
        for check in data.query("from marts.fct_consistency_checks")
    ]
    found = [
        [*(row[name].value or row[name].text for name in columns), row["verdict"].text]
        for each in pages["checks.html"].iter("table")
        if each.attrib["id"].startswith("checks-")
        for row in rows(each)
    ]
    assert sorted(found) == sorted(expected)


def test_discrepancies_are_shown_where_their_numbers_are(pages: Pages, data: Data) -> None:
    discrepancies = data.query("from marts.rpt_discrepancies")
    for name in ("checks.html", "index.html"):
        assert f"† {len(discrepancies)} declared discrepancies" in text(pages[name])
    for item in discrepancies:
        notes = {
            name: text(note)
            for name, page in pages.items()
            for note in page.findall(f".//div[@id='{item['discrepancy_id']}']")
        }
        assert notes.pop("checks.html") in notes.values()
        for name, note in notes.items():
            assert item["explanation"] in note and item["consistent_values"] in note
            assert f"Printed: {item['printed_value']}" in note
            assert any("†" in text(each) for each in pages[name].iter("figcaption"))


def test_dictionary_has_every_column_and_test(pages: Pages, data: Data, built: Built) -> None:
    page = pages["dictionary.html"]
    columns = data.query(
        "select table_name, column_name, lower(data_type) as type, comment from duckdb_columns()"
        " where schema_name = 'marts'",
    )
    names = {row["table_name"] for row in columns}
    assert {each.get("id") for each in page.iter("h2")} == names
    described = {
        (name, cells["column"].text): cells
        for name in names
        for cells in rows(table(page, f"columns-{name}"))
    }
    assert len(described) == len(columns)
    for row in columns:
        cells = described[row["table_name"], row["column_name"]]
        assert cells["type"].text == row["type"]
        assert cells["description"].text == " ".join(row["comment"].split())
    tests = {
        node["name"]
        for node in json.loads(built.manifest.read_bytes())["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("attached_node") or "").rpartition(".")[2] in names
    }
    code = {text(each) for each in page.iter("code")}
    assert len(tests) > 50 and tests <= code
    paths = [PROJECT / each for each in code if each.endswith(".sql")]
    assert {path.stem for path in paths} == names and all(path.is_file() for path in paths)
    assert "primary key" in described["fct_observations", "observation_id"]["keys"].text
    assert "values_within_their_bounds" in described["fct_observations", "value_low"]["tests"].text
    assert "to dim_categories" in described["fct_coercion_methods", "category_key"]["keys"].text


CHANGES = """
update marts.fct_sentence_by_inducement
    set mean_sentence_months = 246.00, months_above_no_inducement = -20.00
    where inducement_id = 'incapacitation';
update marts.fct_victim_count_buckets set bucket_label = 'A <b>& "one"'
    where victim_count_bucket_id = 'one';
update marts.fct_consistency_checks set verdict = 'not_checkable', expected_low = null
    where check_id = (select max(check_id) from marts.fct_consistency_checks where not is_vacuous);
"""


def test_the_pages_follow_the_warehouse(
    site: Path, data: Data, built: Built, copy: Copy, tmp_path: Path
) -> None:
    """Text, tables, charts and counts follow a mart; labels are escaped, the build is named."""
    [named] = set(re.findall('<meta name="build-id" .*', (site / "index.html").read_text()))
    assert all(named in (site / name).read_text() for name in FILES)
    copy.change(CHANGES)
    output = tmp_path / "site"
    make_site(copy.warehouse, output, copy.manifest, built.exports)
    pages = {path.name: path.read_text() for path in output.glob("*.html")}
    page = pages["sentence-by-inducement.html"]
    assert "20 months shorter with incapacitation" in " ".join(page.split())
    assert page.count(">246 (−20)</text>") == 2
    assert '<data value="246.00">246</data>' in page
    assert "20 months shorter with incapacitation" in pages["index.html"]
    victims = pages["number-of-victims.html"]
    assert "<b>&" not in victims and victims.count("A &lt;b&gt;&amp; ") >= 4
    # There is no documentation to link to.
    assert not any('href="dbt' in page for page in pages.values())
    # Checks that say nothing are counted apart.
    vacuous = sum(check["is_vacuous"] for check in data.checks)
    counts = {"checks": len(data.checks) - vacuous - 1, "not_checkable": 1, "vacuous": vacuous}
    checks = read(output / "checks.html")
    for page_text in (text(checks), text(read(output / "index.html"))):
        assert f"{counts['checks']} checks" in page_text
        assert re.search(f"Not counted: 1 not checkable.*; {vacuous} that no value", page_text)
    by_rule = rows(table(checks, "rule-table"))
    assert {name: sum(int(row[name].text) for row in by_rule) for name in counts} == counts
    assert [text(cell) for cell in checks.iter("td")].count("not checkable") == 1


# Errors


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("site --warehouse {folder}/none.duckdb --output {folder}/site", "build it first"),
        ("serve --site {folder}/site", "run make site first"),
        ("screenshots --site {folder}/site", "run make site first"),
    ],
)
def test_commands_refuse_in_one_line(
    refused: Refused, tmp_path: Path, command: str, said: str
) -> None:
    assert said in refused(*command.format(folder=tmp_path).split())
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("delete from marts.fct_enticement_types", "no rows in fct_enticement_types: "),
        (
            "alter table marts.fct_observations drop is_preferred",
            'of an older build .*column "is_preferred"',
        ),
        ("drop table marts.dim_measures", "of an older build .*dim_measures does not exist"),
    ],
)
def test_an_old_warehouse(copy: Copy, statement: str, message: str) -> None:
    copy.change(statement)
    with (
        duckdb.connect(str(copy.warehouse)) as connection,
        pytest.raises(UserError, match=f"{message}.*run make build again"),
    ):
        rows_of(Data(connection), topics.PARTS["enticement"][0])


def test_what_is_missing_beside_the_warehouse(built: Built, tmp_path: Path) -> None:
    output, some = tmp_path / "site", tmp_path / "exports"
    copy_folder(built.exports, some)
    (some / "parquet" / "dim_rules.parquet").unlink()
    for exports, documentation, message in (
        (some, None, r"lack parquet/dim_rules.parquet"),
        (built.exports, tmp_path / "none.html", "no documentation"),
    ):
        with pytest.raises(UserError, match=message):
            make_site(built.warehouse, output, built.manifest, exports, documentation)
    assert not output.exists()


def test_the_site_is_replaced_whole_or_not_at_all(site: Path, built: Built, tmp_path: Path) -> None:
    output = tmp_path / "site"
    copy_folder(site, output)
    with pytest.raises(UserError, match=r"no folder of exports .*: run make build first"):
        make_site(built.warehouse, output, built.manifest, tmp_path / "none")
    assert contents(output) == contents(site)
    make_site(built.warehouse, output, built.manifest, built.exports)
    assert not (output / "dbt").exists()
    assert os.listdir(tmp_path) == ["site"]
    for name, content, said in (
        ("notes.txt", "mine", "such as notes.txt"),
        ("index.html", "another site", "name an empty"),
    ):
        (output / name).write_text(content)
        with pytest.raises(UserError, match=f"not of a site.*{said}"):
            make_site(built.warehouse, output, built.manifest, built.exports)


def test_the_site_is_served_on_this_machine_alone(site: Path) -> None:
    with serving(site) as root:
        port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", root)
        assert port
        with urllib.request.urlopen(f"{root}coercion.html") as answer:
            assert answer.read() == (site / "coercion.html").read_bytes()
        with pytest.raises(UserError, match="name another with PORT"):
            server(site, int(port[1]))

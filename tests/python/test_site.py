"""The report pages: what the marts say and nothing else, whole, linked, and always the same."""

from __future__ import annotations

import csv
import json
import os
import re
import urllib.request
from contextlib import suppress
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import pytest

import exported
from conftest import PROJECT, Built, Marts, Refused, copy_folder, run_cli
from exported import Copy, assert_checksums_hold, contents
from html_pages import (
    CellRead,
    Element,
    Pages,
    page_files,
    read,
    rows,
    serving,
    table,
    text,
)
from pages.checks import VERDICTS
from pages.commands import server
from pages.data import Data, grouped
from pages.site import NAVIGATION, make_site
from warehouse.project import UserError

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
    other = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    done = run_cli("site", *options, cwd=tmp_path, env=other)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "again") == contents(site)


def test_each_report_and_population_has_its_pages(site: Path, data: Data, built: Built) -> None:
    assert_checksums_hold(site)
    assert contents(site / "data") == contents(built.exports)
    folders = dict.fromkeys(("reports", "numbers", "cite"), data.reports)
    folders["populations"] = data.populations
    expected = {f"{folder}/{name}.html" for folder, names in folders.items() for name in names}
    sizes = {path.relative_to(site).as_posix(): path.stat().st_size for path in page_files(site)}
    assert set(sizes) == expected | set(NAVIGATION) and max(sizes.values()) < 400_000


def test_form_of_each_page(site: Path, pages: Pages) -> None:
    """Nothing comes from elsewhere, and names tell pages, anchors and tables apart."""
    assert not re.search(r"url\(|@import", (site / "style.css").read_text())
    titles = [page.findtext("head/title") for page in pages.values()]
    assert all(titles) and len(set(titles)) == len(titles)
    for name, page in pages.items():
        assert len(ids(page)) == len(set(ids(page))), name
        assert not {each.tag for each in page.iter()} & {"img", "iframe", "use", "style"}, name
        metadata, *others = page.iter("script")
        assert metadata.get("type") == "application/ld+json"
        scripts = [(each.get("src"), each.text) for each in others]
        searched = [("numbers.js", None), ("search.js", None)]
        assert scripts == (searched if name == "numbers.html" else []), name
        up = "../" if "/" in name else ""
        # Without an icon a browser asks the server for one.
        assert [link.get("href") for link in page.iter("link")] == ["data:,", f"{up}style.css"]
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
        if href in outside or href.startswith("data:text/csv"):
            continue
        file, _, anchor = href.partition("#")
        target = name
        if file:
            place = PurePosixPath(name).parent / file
            target = os.path.normpath(place)
            assert not target.startswith(("..", "/")) and (site / target).is_file(), (name, href)
        assert not anchor or anchor in anchors[target], (name, href)
    assert sum(link.text == "lineage" for _, link in links) > len(data.reports)


# Numbers


@pytest.mark.parametrize(
    ("folder", "key"), [("reports", "report_id"), ("populations", "population_id")]
)
def test_every_number_is_on_its_pages(pages: Pages, data: Data, folder: str, key: str) -> None:
    """In a table or by itself; of a number printed several times, one printing."""
    for name, own in grouped(data.observations.values(), key).items():
        page = pages[f"{folder}/{name}.html"]
        hrefs = {link.attrib["href"].rpartition("#")[2] for link in page.iter("a")}
        linked = {data.observations[name]["series_key"] for name in hrefs & data.order.keys()}
        assert linked >= {row["series_key"] for row in own}


def test_shown_numbers_are_the_exact_ones_rounded(pages: Pages) -> None:
    compared = 0
    for page in pages.values():
        for each in page.iter("data"):
            with suppress(ArithmeticError):  # a word
                number = Decimal(text(each).replace(",", "").replace("−", "-"))
                unit = Decimal(10) ** number.as_tuple().exponent
                assert abs(Decimal(each.attrib["value"]) - number) * 2 <= unit, number
                compared += 1
    assert compared > 500


def test_every_number_is_listed_with_its_seed_cell(pages: Pages, data: Data) -> None:
    listed: dict[str, dict[str, CellRead]] = {}
    for report in data.reports:
        for each in pages[f"numbers/{report}.html"].iter("table"):
            names = [row.get("id") for row in each.findall("tbody/tr")]
            listed |= {name: row for name, row in zip(names, rows(each), strict=True) if name}
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


def test_the_index_has_every_number_in_words(site: Path, data: Data) -> None:
    script = (site / "numbers.js").read_text(encoding="utf-8")
    index = json.loads(script.removeprefix("const NUMBERS = ").removesuffix(";\n"))
    by_id = {row["href"].rpartition("#")[2]: row for row in index}
    assert by_id.keys() == data.observations.keys() and len(index) == len(by_id)
    for name, row in by_id.items():
        observation = data.observations[name]
        assert observation["population_label"].lower() in row["what"].lower()
        assert observation["category_label"] in row["category"]
        assert (observation["printed_value"] or "") in row["number"]


def test_exhibits_are_given_back_as_keyed(pages: Pages, data: Data) -> None:
    exhibits = [
        (name, each.attrib["data-mart"], each)
        for name, page in pages.items()
        for each in page.iter("table")
        if each.get("data-mart", "").startswith("rpt_")
    ]
    assert len(exhibits) == len(data.exhibits)
    for page, mart, each in exhibits:
        report = page.removeprefix("numbers/").removesuffix(".html")
        seed = f"seeds/{report}/raw_{mart.removeprefix('rpt_')}.csv"
        assert seed in text(pages[page])
        given, expected = rows(each), keyed(seed)
        shared = [name for name in given[0] if name in expected[0]]
        assert len(shared) >= 3
        for row, cells in zip(given, expected, strict=True):
            # A fiscal year or a heading that is not keyed is the exhibit's.
            same = [n for n in shared if cells[n] or n not in ("fiscal_year", "heading")]
            assert [row[name].text for name in same] == [cells[name] for name in same]


def test_every_check_is_shown(pages: Pages, data: Data) -> None:
    columns = ["subject", "printed_value", "expected_low", "expected_high", "explanation"]
    expected = [
        [
            *(shown(check[name]) or "" for name in columns),
            VERDICTS[check["verdict"]] + ", as any value would be" * check["is_vacuous"],
        ]
        for check in data.query("from marts.fct_consistency_checks")
    ]
    found = [
        [*(row[name].value or row[name].text for name in columns), row["verdict"].text]
        for report in data.reports
        for each in pages[f"numbers/{report}.html"].iter("table")
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
        assert notes.keys() >= {"checks.html", f"reports/{item['exhibit_id'].split('.')[0]}.html"}
        for name, note in notes.items():
            assert item["explanation"] in note and item["consistent_values"] in note
            assert f"Printed: {item['printed_value']}" in note
            link = f"checks.html#{item['discrepancy_id']}"
            marked = [a for a in pages[name].iter("a") if a.attrib["href"].endswith(link)]
            assert name == "checks.html" or marked


def test_dictionary_has_every_column(pages: Pages, data: Data) -> None:
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
    assert {
        key: (cells["type"].text, cells["description"].text) for key, cells in described.items()
    } == {
        (row["table_name"], row["column_name"]): (row["type"], " ".join(row["comment"].split()))
        for row in columns
    }
    code = {text(each) for each in page.iter("code")}
    paths = [PROJECT / each for each in code if each.endswith(".sql")]
    assert {path.stem for path in paths} == names and all(path.is_file() for path in paths)
    assert "primary key" in described["fct_observations", "observation_id"]["keys"].text
    assert "to dim_categories" in described["fct_category_shares", "category_key"]["keys"].text


def test_no_report_or_classification_is_named_in_code(data: Data) -> None:
    """Pages come from data; content/ has optional text about what its files are named after."""
    classifications = data.query("select classification_id as id from marts.dim_classifications")
    named = {row["id"] for row in classifications} | {*data.reports, *data.populations}
    folder = PROJECT / "scripts" / "pages"
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.stem for path in files if path.parent.name == "content"} <= named
    for path in files:
        if path.parent.name != "content":
            words = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
            assert not words & named, path


LABEL = 'A <b>& "one" \u05d0\u05d1'
CHANGES = """
update marts.dim_categories set label = $label where category_key = $category;
update marts.fct_category_shares set category_label = $label where category_key = $category;
update marts.fct_observations set obs_value = 99.5, printed_value = '99.5'
    where series_key = $series;
update marts.fct_consistency_checks set verdict = 'not_checkable', expected_low = null
    where check_id = (select max(check_id) from marts.fct_consistency_checks
        where not is_vacuous and verdict = 'consistent');
"""


def test_the_pages_follow_the_warehouse(
    site: Path, data: Data, built: Built, copy: Copy, tmp_path: Path
) -> None:
    """Text, tables, charts and counts follow a mart; labels are escaped, the build is named."""
    [named] = set(re.findall('<meta name="build-id" .*', (site / "index.html").read_text()))
    assert all(named in path.read_text() for path in page_files(site))
    share = next(row for row in data.shares if row["percent"] and row["list_kind"] == "complete")
    series = share["percent"]["series_key"]
    values = {"label": LABEL, "category": share["category_key"], "series": series}
    copy.change(re.sub(r"\$(\w+)", lambda name: f"'{values[name[1]]}'", CHANGES))
    output = tmp_path / "site"
    copy_folder(built.exports, tmp_path / "exports")
    make_site(copy.warehouse, output)
    page = read(output / "reports" / f"{share['report_id']}.html")
    assert LABEL in [text(each) for each in page.iter("th")] and not page.findall(".//th//b")
    assert f"{LABEL} 99.5%" in [text(each) for each in page.iter("text")]
    assert f"Largest: {LABEL}, 99.5%." in text(page)
    assert json.dumps(LABEL, ensure_ascii=False)[1:-1] in (output / "numbers.js").read_text()
    # There is no documentation to link to.
    assert not any('href="dbt' in path.read_text() for path in page_files(output))
    # Checks that say nothing are counted apart.
    unmade = sum(check["verdict"] == "not_checkable" for check in data.checks) + 1
    vacuous = sum(check["is_vacuous"] for check in data.checks)
    counts = {"vacuous": vacuous, "not_checkable": unmade}
    counts["checks"] = len(data.checks) - sum(counts.values())
    for name in ("checks.html", "index.html"):
        said = text(read(output / name))
        assert f"{counts['checks']} checks" in said
        assert f"Not counted: {unmade} not checkable" in said
    by_rule = rows(table(read(output / "checks.html"), "rule-table"))
    assert {name: sum(int(row[name].text) for row in by_rule) for name in counts} == counts


# Errors


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("site --warehouse {folder}/none.duckdb --output {folder}/site", "build it first"),
        ("serve --site {folder}/site", "run make site first"),
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
        ("alter table marts.fct_observations drop locator", 'column "locator"'),
        ("drop table marts.dim_measures", "dim_measures does not exist"),
    ],
)
def test_an_old_warehouse(copy: Copy, statement: str, message: str) -> None:
    copy.change(statement)
    with (
        duckdb.connect(str(copy.warehouse)) as connection,
        pytest.raises(UserError, match=f"of an older build .*{message}.*run make build again"),
    ):
        Data(connection)


def test_the_site_is_replaced_whole_or_not_at_all(
    site: Path, built: Built, copy: Copy, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "site"
    copy_folder(site, output)
    with pytest.raises(UserError, match="lack SHA256SUMS: run make build again"):
        make_site(copy.warehouse, output)
    copy_folder(built.exports, tmp_path / "exports")
    (tmp_path / "exports" / "parquet" / "dim_rules.parquet").unlink()
    with pytest.raises(UserError, match=r"lack parquet/dim_rules.parquet: run make build again"):
        make_site(copy.warehouse, output)
    assert contents(output) == contents(site)
    make_site(built.warehouse, output)
    assert os.listdir(output.parent) == ["site"]
    for name, content, said in (
        ("notes.txt", "mine", "such as notes.txt"),
        ("index.html", "another site", "name an empty"),
    ):
        (output / name).write_text(content)
        with pytest.raises(UserError, match=f"not of a site.*{said}"):
            make_site(built.warehouse, output)


def test_the_site_is_served_on_this_machine_alone(site: Path) -> None:
    with serving(site) as root:
        port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", root)
        assert port
        with urllib.request.urlopen(f"{root}numbers.js") as answer:
            assert answer.read() == (site / "numbers.js").read_bytes()
        with pytest.raises(UserError, match="name another with PORT"):
            server(site, int(port[1]))

"""The report pages: what the marts say and nothing else, whole, linked, and always the same."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import PROJECT, Built, copy_folder
from html_pages import CellRead, Element, read, rows, serving, table
from pages import charts, pictures, topics
from pages.charts import Chart, Mark
from pages.commands import server
from pages.data import TEMPLATES, Data
from pages.site import DATA_PAGES, make_site
from pages.topics import Part, rows_of
from warehouse.project import UserError, sha256

TOPIC_FILES = {f"{name.replace('_', '-')}.html": parts for name, parts in topics.PARTS.items()}
FILES = sorted(["index.html", *TOPIC_FILES, *DATA_PAGES])
PARTS = [(file, part) for file, parts in TOPIC_FILES.items() for part in parts]
STAND_IN = "<!doctype html><title>dbt</title>"
Pages = dict[str, Element]


def meta_of(built: Built) -> str:
    """The element of a page that names its build."""
    [build_id] = re.findall(r'"build_id": "(\w+)"', built.manifest.read_text(encoding="utf-8"))
    return f'<meta name="build-id" content="{build_id}">'


@pytest.fixture(scope="module")
def site(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    documentation = folder / "documentation.html"
    documentation.write_text(f"{STAND_IN}{meta_of(built)}")
    make_site(built.warehouse, folder / "site", built.manifest, built.exports, documentation)
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> Pages:
    return {name: read(site / name) for name in FILES}


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[Data]:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        yield Data(connection)


def shown(value: Any) -> str | None:
    return None if value is None else str(value)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def ids(element: Element) -> list[str]:
    return [each.attributes["id"] for each in element.all() if "id" in each.attributes]


# Form


def test_pages_and_their_weight(site: Path) -> None:
    assert sorted(path.name for path in site.glob("*.html")) == FILES
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    assert max(sizes[site / name] for name in FILES) < 300_000
    assert sum(sizes.values()) - len(STAND_IN) < 2_000_000


def test_same_input_gives_same_bytes(site: Path, built: Built, tmp_path: Path) -> None:
    """In another process, with another seed of hashes and another working folder."""
    command_line = [sys.executable, str(PROJECT / "scripts" / "cli.py"), "site"]
    command_line += ["--warehouse", str(built.warehouse), "--output", str(tmp_path / "again")]
    command_line += ["--documentation", str(site / "dbt" / "index.html")]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    subprocess.run(command_line, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert digests(tmp_path / "again") == digests(site)


def test_files_are_the_exports_and_have_checksums(site: Path, built: Built) -> None:
    found, exported = digests(site), digests(built.exports)
    data = {name: digest for name, digest in found.items() if name.startswith("data/")}
    assert data == {f"data/{name}": digest for name, digest in exported.items()}
    lines = (site / "SHA256SUMS").read_text().splitlines()
    del found["SHA256SUMS"]
    assert {name: digest for digest, _, name in (line.partition("  ") for line in lines)} == found


def test_form_of_each_page(site: Path, pages: Pages) -> None:
    """Nothing comes from elsewhere, and names tell pages, anchors and tables apart."""
    style = (site / "style.css").read_text()
    assert "url(" not in style and "@import" not in style
    titles, tables = set(), 0
    for name, page in pages.items():
        titles |= {each.text for each in page.all("title") if each.text}
        assert len(ids(page)) == len(set(ids(page))), name
        assert not page.all("script", "img", "iframe", "use"), name
        assert not [each for each in page.all() if {"src", "srcset"} & set(each.attributes)], name
        captions = [each.all("caption")[0].text for each in page.all("table")]
        assert all(captions) and len(captions) == len(set(captions))
        tables += len(captions)
    assert len(titles) == len(FILES) and tables > 50


def test_links_resolve(site: Path, pages: Pages, marts: Data, built: Built) -> None:
    anchors = {name: set(ids(page)) for name, page in pages.items()}
    nodes = json.loads(built.manifest.read_bytes())["nodes"]
    anchors["dbt/index.html"] = {f"!/model/{node}" for node in nodes}
    reports = marts.query("select landing_url from marts.dim_reports")
    outside = {row["landing_url"] for row in reports}
    followed, lineage = 0, 0
    for name, page in pages.items():
        # Without an icon a browser asks the server for one.
        icon, style = (link.attributes["href"] for link in page.all("link"))
        assert (icon, style) == ("data:,", "style.css")
        for link in page.all("a"):
            href = link.attributes["href"]
            if href.startswith("http"):
                assert href in outside
                continue
            file, _, anchor = href.partition("#")
            assert not file.startswith("/") and ".." not in file
            assert (site / (file or name)).is_file(), (name, href)
            assert not anchor or anchor in anchors[file or name], (name, href)
            followed += 1
            lineage += link.text == "lineage"
    assert followed > 500
    assert lineage == len(PARTS) + len(pages["dictionary.html"].all("h2"))


# Numbers

COMPUTED = {
    "sentence_by_inducement": {"months_above_low", "months_above_high"},
    "sentencing_outcomes": {"population_offender_count"},
}
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
# What has no place in print of its own: words, years and bases.
UNLINKED = ("label", "fiscal_year", "unit", "population_offender_count")


@pytest.mark.parametrize(("file", "part"), PARTS, ids=[part.name for _, part in PARTS])
def test_table_equals_mart(pages: Pages, marts: Data, file: str, part: Part) -> None:
    """Every cell of a column of the mart, whatever the query of the page does."""
    found = rows(table(pages[file], part.name))
    own = set(marts.query(f"from marts.{part.mart}")[0])
    assert set(found[0]) - own == COMPUTED.get(part.name, set())
    columns = [name for name in found[0] if name in own]
    assert len(columns) >= 5
    expected = marts.query(f"select {', '.join(columns)} from marts.{part.mart}")
    assert len(found) == len(expected)
    by_key = {(row[columns[0]].value, row["fiscal_year"].value): row for row in found}
    for row in expected:
        cells = by_key[str(row[columns[0]]), str(row["fiscal_year"])]
        assert [cells[name].value for name in columns] == [shown(row[name]) for name in columns]


def test_computed_columns(pages: Pages, marts: Data) -> None:
    """Two means rounded to whole months leave their difference open by one month."""
    for row in rows(table(pages["sentence-by-inducement.html"], "sentence_by_inducement")):
        difference, *bounds = (
            row[f"months_above_{name}"].text for name in ("no_inducement", "low", "high")
        )
        if row["inducement_label"].text == "None":
            assert (difference, *bounds) == ("0", "", "")
        else:
            assert bounds == [str(int(difference) - 1), str(int(difference) + 1)]
    years = marts.query("from marts.fct_offenders_by_fiscal_year where fiscal_year = 2019")
    outcomes = rows(table(pages["sentencing-outcomes.html"], "sentencing_outcomes"))
    counts = {row["population_offender_count"].value for row in outcomes}
    assert counts == {str(row["offender_count"]) for row in years}


def test_shown_numbers_are_the_exact_ones_rounded(pages: Pages) -> None:
    compared = set()
    for name, page in pages.items():
        for data in page.all("data"):
            with suppress(ArithmeticError):  # a word
                exact = Decimal(data.attributes["value"])
                number = Decimal(data.text.replace(",", ""))
                decimals = len(data.text.partition(".")[2])
                assert abs(exact - number) * 2 <= Decimal(1).scaleb(-decimals), data.text
                compared.add(name)
    assert set(pages) - compared == {"dictionary.html", "exhibits.html"}


def test_numbers_lead_to_their_place_in_print(pages: Pages, marts: Data) -> None:
    """A printed number is shown with the digits of the cell it leads to; the others are marked."""
    printings = marts.query("from marts.fct_observations")
    observations = {f"#{row['observation_id']}": row for row in printings}
    printed, derived = 0, set()
    for file, part in PARTS:
        listed = {f"#{name}" for name in ids(table(pages[file], "sources"))}
        found = rows(table(pages[file], part.name))
        for name, cell in ((name, cell) for row in found for name, cell in row.items()):
            derived |= {name} if cell.is_derived else set()
            if name in NEVER_PRINTED:
                assert cell.is_derived or not cell.text
            if not cell.href:
                assert name.endswith(UNLINKED) or name in NEVER_PRINTED or not cell.text, name
                continue
            assert cell.href in listed
            observation = observations[cell.href]
            assert cell.is_derived == (observation["obs_status"] == "derived"), (part.name, name)
            # A word in print has its number beside it.
            if not cell.is_derived and not (name == "obs_value" and part.mart.endswith("outcomes")):
                assert cell.text == observation["printed_value"]
                printed += 1
    assert printed > 30 and derived >= NEVER_PRINTED


def test_every_number_is_listed_with_its_seed_cell(pages: Pages, marts: Data) -> None:
    listed: dict[str, dict[str, CellRead]] = {}
    for each in pages["numbers.html"].all("table"):
        names = [row.attributes["id"] for row in each.all("tbody")[0].all("tr")]
        listed |= dict(zip(names, rows(each), strict=True))
    observations = marts.query("from marts.fct_observations")
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
        with (PROJECT / place[1]).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            (cells,) = [seed_row for seed_row in reader if reader.line_num == int(place[2])]
        assert cells[place[3]] == observation["printed_value"]


def test_exhibits_are_given_back_as_keyed(pages: Pages, marts: Data) -> None:
    tables = pages["exhibits.html"].all("table")
    assert len(tables) == len(marts.query("select exhibit_id from marts.dim_exhibits"))
    for each in tables:
        mart = each.attributes["data-mart"]
        seed = next((PROJECT / "seeds").glob(f"*/{mart.replace('rpt_', 'raw_', 1)}.csv"))
        assert seed.relative_to(PROJECT).as_posix() in pages["exhibits.html"].text
        with seed.open(newline="", encoding="utf-8") as file:
            keyed = list(csv.DictReader(file))
        found = rows(each)
        shared = [name for name in found[0] if name in keyed[0]]
        assert len(shared) >= 3
        for row, cells in zip(found, keyed, strict=True):
            # A fiscal year or a heading that is not keyed is the exhibit's.
            same = [n for n in shared if cells[n] or n not in ("fiscal_year", "heading")]
            assert [row[name].text for name in same] == [cells[name] for name in same]


def test_every_check_is_shown(pages: Pages, marts: Data) -> None:
    columns = "subject, printed_value, expected_low, expected_high, verdict, explanation"
    expected = marts.query(f"select {columns} from marts.fct_consistency_checks")
    words = {"✓": "consistent", "†": "documented_discrepancy", "not": "not_checkable"}
    read_back = []
    for each in pages["checks.html"].all("table"):
        if each.attributes["id"].startswith("checks-"):
            for row in rows(each):
                found = {name: row[name].value or row[name].text for name in columns.split(", ")}
                found["verdict"] = words[found["verdict"].split()[0]]
                read_back.append(tuple(found.values()))
    assert sorted(read_back) == sorted(
        tuple(shown(value) or "" for value in row.values()) for row in expected
    )


def test_discrepancies_are_shown_where_their_numbers_are(pages: Pages, marts: Data) -> None:
    discrepancies = marts.query("from marts.rpt_discrepancies")
    for name in ("checks.html", "index.html"):
        assert f"† {len(discrepancies)} declared discrepancies" in pages[name].text
    for item in discrepancies:
        notes = {
            name: note.text
            for name, page in pages.items()
            for note in page.all("div")
            if note.attributes.get("id") == item["discrepancy_id"]
        }
        assert notes.pop("checks.html") in notes.values()
        for name, note in notes.items():
            assert item["explanation"] in note and item["consistent_values"] in note
            assert f"Printed: {item['printed_value']}" in note
            assert any("†" in each.text for each in pages[name].all("figcaption"))


def test_dictionary_has_every_column_and_test(pages: Pages, marts: Data, built: Built) -> None:
    page = pages["dictionary.html"]
    columns = marts.query(
        "select table_name, column_name, lower(data_type) as type, comment from duckdb_columns()"
        " where schema_name = 'marts'",
    )
    names = {row["table_name"] for row in columns}
    assert {each.attributes["id"] for each in page.all("h2")} == names
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
    tests = {
        node["name"]
        for node in json.loads(built.manifest.read_bytes())["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("attached_node") or "").rpartition(".")[2] in names
    }
    code = {each.text for each in page.all("code")}
    assert len(tests) > 50 and tests <= code
    paths = [PROJECT / each for each in code if each.endswith(".sql")]
    assert {path.stem for path in paths} == names and all(path.is_file() for path in paths)
    assert "primary key" in described["fct_observations", "observation_id"]["keys"].text
    assert "values_within_their_bounds" in described["fct_observations", "value_low"]["tests"].text
    assert "to dim_categories" in described["fct_coercion_methods", "category_key"]["keys"].text


def test_no_number_is_typed_in_the_text() -> None:
    """Numbers in prose come from the marts: the templates have none of their own."""
    templates = list(TEMPLATES.rglob("*.html"))
    assert len(templates) > 10
    for path in templates:
        words = re.sub(r"\{[{%#].*?[%}#]\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        words = re.sub(r"<[^>]*>|&\w+;", "", words, flags=re.S)
        # A percentage's range, and the name of the list of checksums.
        words = words.replace("0 to 100", "").replace("SHA256SUMS", "")
        assert not re.search(r"\d", words), f"{path.name}: {re.findall(r'.*[0-9].*', words)}"


# Another warehouse


def changed(built: Built, folder: Path, *statements: str) -> Path:
    """Copy the warehouse and change the copy, with the manifest and the exports beside it."""
    warehouse = folder / "warehouse.duckdb"
    shutil.copyfile(built.warehouse, warehouse)
    shutil.copyfile(built.manifest, folder / "manifest.json")
    copy_folder(built.exports, folder / "exports")
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)
    return warehouse


def made(warehouse: Path) -> dict[str, str]:
    folder = warehouse.parent
    make_site(warehouse, folder / "site", folder / "manifest.json", folder / "exports")
    return {path.name: path.read_text() for path in (folder / "site").glob("*.html")}


def test_the_pages_follow_the_warehouse(site: Path, built: Built, tmp_path: Path) -> None:
    """Text, tables and charts change with a mart, labels are escaped, the build is named."""
    assert all(meta_of(built) in (site / name).read_text() for name in FILES)
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
    # There is no documentation to link to.
    assert not any('href="dbt' in page for page in pages.values())
    assert not (tmp_path / "site" / "dbt").exists()


def test_checks_that_say_nothing_are_counted_apart(built: Built, tmp_path: Path) -> None:
    mart = "fct_consistency_checks"
    one = f"where check_id in (select %s(check_id) from marts.{mart} where verdict = 'consistent')"
    warehouse = changed(
        built,
        tmp_path,
        f"update marts.{mart} set is_vacuous = false, verdict = 'consistent'"
        " where verdict = 'not_checkable' or is_vacuous",
        f"update marts.{mart} set is_vacuous = true {one % 'min'}",
        f"update marts.{mart} set verdict = 'not_checkable', expected_low = null {one % 'max'}",
    )
    made(warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        [(total,)] = connection.execute(f"select count(*) from marts.{mart}").fetchall()
    checks = read(tmp_path / "site" / "checks.html")
    for page in (checks, read(tmp_path / "site" / "index.html")):
        assert f"{total - 2} checks" in page.text
        assert "Not counted: 1 not checkable" in page.text and "; 1 that no value" in page.text
    by_rule = rows(table(checks, "rule-table"))
    for column, count in (("checks", total - 2), ("not_checkable", 1), ("vacuous", 1)):
        assert sum(int(row[column].text) for row in by_rule) == count
    verdicts = [cell.text for cell in checks.all("td")]
    assert verdicts.count("not checkable") == 1
    assert verdicts.count("✓ consistent, as any value would be") == 1


# Charts

BARS = {
    "number-of-victims.html": ("victim_count_buckets", "offender_count"),
    "misrepresentation.html": ("misrepresentation_types", "published_percent"),
    "enticement.html": ("enticement_types", "published_percent"),
    "offenders-by-fiscal-year.html": ("offenders_by_fiscal_year", "offender_count"),
}


def drawn(picture: Element, group: str, shape: str) -> list[tuple[str, list[float]]]:
    """Return the marks of a group from top to bottom: colour, and the numbers that place each."""
    groups = [each for each in picture.all("g") if group in each.attributes.get("class", "")]
    found = []
    for path in (path for each in groups for path in each.all("path")):
        if path.attributes.get("stroke") == "var(--mark)":
            place = re.match(shape, path.attributes.get("transform") or path.attributes["d"])
            assert place
            found.append((path.attributes["fill"], [float(number) for number in place.groups()]))
    return sorted(found, key=lambda mark: mark[1][1])


@pytest.mark.parametrize("size", charts.WIDTHS)
@pytest.mark.parametrize("name", BARS)
def test_bars_are_as_long_as_their_numbers(pages: Pages, name: str, size: str) -> None:
    """Each starts at zero, one below the other: none is stacked. Derived ones are outlined."""
    (picture,) = [each for each in pages[name].all("svg") if each.attributes["class"] == size]
    bars = drawn(picture, "mark-rect", r"M([\d.]+),([\d.]+)h([\d.]+)v")
    part, column = BARS[name]
    cells = [row[column] for row in rows(table(pages[name], part))]
    longest, most = bars[-1][1][2], float(cells[-1].value or 0)
    for (fill, (start, _, length)), cell in zip(bars, cells, strict=True):
        assert start == 0
        share = float(cell.value or 0) / most
        assert length / longest == pytest.approx(share, rel=0.01, abs=0.01)
        assert fill == ("var(--paper)" if cell.is_derived else "var(--mark)")


def test_dots_stand_at_their_means(pages: Pages) -> None:
    page = pages["sentence-by-inducement.html"]
    symbols = drawn(page.all("svg")[0], "mark-symbol", r"translate\(([\d.]+),([\d.]+)\)")
    across = [x for _, (x, _) in symbols]
    found = rows(table(page, "sentence_by_inducement"))
    means = [float(row["mean_sentence_months"].value or 0) for row in found]
    unit = (across[0] - across[-1]) / (means[0] - means[-1])
    for x, mean in zip(across, means, strict=True):
        assert x == pytest.approx(across[-1] + unit * (mean - means[-1]), abs=0.1)


def test_each_chart_states_its_message_in_colors_of_the_style_sheet(pages: Pages) -> None:
    figures = [figure for name in TOPIC_FILES for figure in pages[name].all("figure")]
    assert len(figures) == sum(len(part.charts) for _, part in PARTS)
    used = set()
    for figure in figures:
        title, message = figure.all("h2")[0].text, figure.all("p")[0].text
        assert re.search(r"\d", message) and "{" not in message
        pictures = figure.all("svg")
        assert [each.attributes["class"] for each in pictures] == list(charts.WIDTHS)
        for picture in pictures:
            assert picture.attributes["aria-label"] == f"Chart. {title}. {message}"
            for each in picture.all():
                used |= {each.attributes.get(name, "none") for name in ("fill", "stroke")}
    assert used - {"none", "transparent"} == {f"var(--{name})" for name in charts.COLORS}


def test_open_ended_marks_and_room_for_long_numbers() -> None:
    short, long = Mark("A short one", Decimal(1), "1 year"), "1,234,567 offenders (100.00%)"
    marks = (short, Mark("The longest", None, "life"), Mark("A long number", Decimal(100), long))
    for width in charts.WIDTHS.values():
        bars = Chart(marks, "Months")
        dots = Chart((marks[0], marks[2]), "Months", reference=Decimal(20))
        for chart in (bars, dots):
            charts.specification(chart, width, "white").to_dict(validate=True)
        picture = charts.svg(bars, width)
        assert "The longest: life" in picture and "stroke-dasharray" in picture
        found = re.search(r'width="([\d.]+)"', picture)
        assert found and float(found[1]) <= width + 1


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast() -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for marks."""
    style = charts.STYLE_SHEET.read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.S)
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in blocks)
    assert set(light) == set(dark) >= set(charts.COLORS)
    texts = product(("ink", "muted", "link", "warn", "good"), ("paper", "panel"))
    texts = [*texts, ("ink", "target"), ("link", "target"), ("ink", "track")]
    needed = dict.fromkeys(texts, 4.5) | {("mark", "paper"): 3, ("mark", "track"): 3}
    for color in (light, dark):
        for (one, other), least in needed.items():
            low, high = sorted((luminance(color[one]), luminance(color[other])))
            assert (high + 0.05) / (low + 0.05) >= least, (one, other)


def test_readme_images_are_drawn_from_the_marts(built: Built, tmp_path: Path) -> None:
    names = {path.name for path in pictures.draw(built.warehouse, tmp_path)}
    committed = PROJECT / "docs" / "images"
    assert names == {path.name for path in committed.iterdir()}
    for name in names:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), "run make images"
        assert (tmp_path / name).stat().st_size < 30_000


# Errors


def refused(*options: object) -> str:
    """Run the command, and return the one line that it prints."""
    line = [sys.executable, str(PROJECT / "scripts" / "cli.py"), *map(str, options)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and not done.stdout
    (message,) = done.stderr.splitlines()
    return message


def test_commands_refuse_in_one_line(tmp_path: Path) -> None:
    output = tmp_path / "site"
    line = refused("site", "--warehouse", tmp_path / "none.duckdb", "--output", output)
    assert line.startswith("site: ") and "build it first" in line
    assert "run make site first" in refused("serve", "--site", output)
    assert "run make site first" in refused("screenshots", "--site", output)
    assert "'many' is not a valid integer" in refused("serve", "--port", "many")
    assert "No such option" in refused("images", "--nothing")
    assert not output.exists()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("delete from marts.fct_enticement_types", "no rows in fct_enticement_types"),
        ("alter table marts.fct_observations drop is_preferred", "lacks the column is_preferred"),
        ("drop table marts.dim_measures", "lacks the table dim_measures"),
    ],
)
def test_an_old_warehouse(built: Built, tmp_path: Path, statement: str, message: str) -> None:
    warehouse = changed(built, tmp_path, statement)
    with (
        duckdb.connect(str(warehouse)) as connection,
        pytest.raises(UserError, match=f"{message}: run make build again"),
    ):
        rows_of(Data(connection), topics.PARTS["enticement"][0])


def test_what_is_missing_beside_the_warehouse(built: Built, tmp_path: Path) -> None:
    output, some = tmp_path / "site", tmp_path / "exports"
    copy_folder(built.exports, some)
    (some / "parquet" / "dim_rules.parquet").unlink()
    for exports, documentation, message in (
        (tmp_path / "none", None, r"no folder of exports .*: run make build first"),
        (some, None, r"lack parquet/dim_rules.parquet"),
        (built.exports, tmp_path / "none.html", "no documentation"),
    ):
        with pytest.raises(UserError, match=message):
            make_site(built.warehouse, output, built.manifest, exports, documentation)
    assert not output.exists()


def test_the_site_is_replaced_whole_or_not_at_all(site: Path, built: Built, tmp_path: Path) -> None:
    output, other = tmp_path / "site", tmp_path / "other"
    copy_folder(site, output)
    with pytest.raises(UserError):
        make_site(built.warehouse, output, built.manifest, tmp_path / "none")
    assert digests(output) == digests(site)
    make_site(built.warehouse, output, built.manifest, built.exports)
    assert not (output / "dbt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    (output / "notes.txt").write_text("mine")
    other.mkdir()
    (other / "index.html").write_text("another site")
    (other / "SHA256SUMS").write_text(f"{sha256(other / 'index.html')}  index.html\n")
    for folder, message in (
        (output, "notes.txt"),
        (other, "an empty"),
        (built.exports, "an empty"),
    ):
        with pytest.raises(UserError, match=f"not of a site.*{message}"):
            make_site(built.warehouse, folder, built.manifest, built.exports)


def test_the_site_is_served_on_this_machine_alone(site: Path) -> None:
    with serving(site) as root:
        port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", root)
        assert port
        with urllib.request.urlopen(f"{root}coercion.html") as answer:
            assert answer.read() == (site / "coercion.html").read_bytes()
        with pytest.raises(UserError, match="name another with PORT"):
            server(site, int(port[1]))

"""Figures: charts that follow from how numbers are listed, and tables that equal the marts."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import cli
from conftest import PROJECT, Built, Marts
from exported import contents
from html_pages import Element, Pages, read, rows, text
from pages import charts
from pages.charts import Chart, Mark, axis, svg
from pages.data import Data, grouped
from pages.figures import COLUMNS, figures

FIGURES = ".//*[@class='figure']"


def percent(length: str) -> float:
    return float(length.removesuffix("%"))


def drawn(chart: Chart, tmp_path: Path) -> Element:
    path = tmp_path / "chart.svg"
    path.write_text(svg(chart, "", 600), encoding="utf-8")
    return read(path)


def marks(picture: Element, tag: str) -> list[Element]:
    return [each for each in picture.iter() if each.tag.rpartition("}")[2] == tag]


@pytest.mark.parametrize("kind", ["complete", "overlapping", "partial"])
def test_what_is_drawn_follows_from_the_list(marts: Marts, kind: str) -> None:
    """A whole has bars before it, an overlap dots and no total, a partial list ranked bars."""
    data = Data(marts)
    groups = grouped(data.shares, "report_id", "population_id", "fiscal_year").values()
    found = [figure for shares in groups for figure in figures(data, shares)]
    drawn = [figure for figure in found if figure["kind"] == kind and figure["charts"]]
    assert len(drawn) > 1
    for figure in drawn:
        picture = figure["charts"][0][1]
        assert ('class="bar"' in picture) == (kind != "overlapping")
        assert ("<circle" in picture) == (kind == "overlapping")
        has_whole = kind == "complete" and figure["row"]["is_of_population"]
        assert ("var(--track)" in picture) == has_whole
        lengths = [
            percent(length) for length in re.findall(r'width="([\d.]+%)" .*stroke=', picture)
        ]
        assert kind != "partial" or lengths == sorted(lengths, reverse=True) != []


def test_means_are_dots_with_intervals_and_years_a_line(pages: Pages) -> None:
    found = [each for page in pages.values() for each in page.iter("svg")]
    means = [each for each in found if "Mean sentence" in text(each)]
    assert means and all(marks(each, "circle") and not marks(each, "rect") for each in means)
    assert any(line.get("stroke-opacity") for each in means for line in marks(each, "line"))
    years = [each for each in found if "each fiscal year" in text(each)]
    assert years and all(len(marks(each, "circle")) > 1 for each in years)


def test_bars_and_dots_are_where_their_numbers_are(tmp_path: Path) -> None:
    """Bars start at zero, one below the other; a derived one is outlined; a line has true steps."""
    some = [Mark("A", Decimal(30), "30"), Mark("B", Decimal(60), "60", is_derived=True)]
    bars = [
        each
        for each in marks(drawn(Chart("bars", some, "x", Decimal(100)), tmp_path), "rect")
        if each.get("class") == "bar"
    ]
    assert [percent(each.attrib["width"]) for each in bars] == [30, 60]
    assert {each.attrib["x"] for each in bars} == {"0"}
    assert float(bars[1].attrib["y"]) - float(bars[0].attrib["y"]) > charts.BAR
    paper, mark = charts.palette()["paper"], charts.palette()["mark"]
    assert [each.get("fill") for each in bars] == [mark, paper]
    dots = marks(drawn(Chart("dots", some, "x", reference=Decimal(40)), tmp_path), "circle")
    low, high, _ = axis(Decimal(30), Decimal(60))
    assert [percent(each.attrib["cx"]) for each in dots] == [
        pytest.approx(float(100 * (value - low) / (high - low)), abs=0.01) for value in (30, 60)
    ]
    points = [
        Mark(str(year), Decimal(value), str(value), at=year)
        for year, value in ((2015, 100), (2016, 50), (2019, 0))
    ]
    picture = drawn(Chart("line", points, "x"), tmp_path)
    x, y = ([each.attrib[name] for each in marks(picture, "circle")] for name in ("cx", "cy"))
    steps = [percent(b) - percent(a) for a, b in pairwise(x)]
    assert steps[1] == pytest.approx(3 * steps[0], abs=0.02)
    assert float(y[2]) - float(y[1]) == pytest.approx(float(y[1]) - float(y[0]), abs=0.11)
    dashed = [each.get("stroke-dasharray") for each in marks(picture, "line")]
    assert dashed == [None, None, "5 5"]


@pytest.mark.parametrize(
    ("low", "high"), [("0", "0"), ("0", "3"), ("260", "313"), ("0.2", "0.9"), ("0", "76538")]
)
def test_axes_hold_their_values_at_round_ticks(low: str, high: str) -> None:
    start, end, ticks = axis(Decimal(low), Decimal(high))
    assert start <= Decimal(low) <= Decimal(high) <= end and start < end
    assert (ticks[0], ticks[-1]) == (start, end) and 2 <= len(ticks) <= 7


def test_long_labels_and_open_numbers(tmp_path: Path) -> None:
    """No line is longer than a telephone has room for; a number known by bounds is a broad line."""
    label = "A <b> of the \u05d0\u05d1 & a long label, longer than any telephone is wide"
    open_mark = Mark(label, None, "11 to 12", low=Decimal(11), high=Decimal(12))
    picture = drawn(Chart("bars", [open_mark, Mark("B", Decimal(20), "20")], "x"), tmp_path)
    lines = [text(each) for each in marks(picture, "text")]
    assert max(map(len, lines)) <= charts.CHARACTERS
    assert f"{label} 11 to 12 B 20" in " ".join(lines).replace("\xa0", " ")
    assert any(each.get("stroke-opacity") for each in marks(picture, "line"))


def test_each_chart_states_its_message_in_colors_of_the_style_sheet(pages: Pages) -> None:
    pictures_found = [each for page in pages.values() for each in page.iter("svg")]
    assert len(pictures_found) > 20
    used: set[Any] = set()
    for picture in pictures_found:
        said = picture.attrib["aria-label"]
        assert said.startswith("Chart. ") and re.search(r"\d", said) and "{" not in said
        used |= {each.get(name) for each in picture.iter() for name in ("fill", "stroke")}
    assert used - {None} == {f"var(--{name})" for name in charts.COLORS}


def test_tables_equal_the_marts(pages: Pages, marts: Marts) -> None:
    """Each share has its cell: with the digits of the print, the exact value, and its place."""
    data = Data(marts)
    for report in data.reports:
        expected = {}
        for share in data.query(f"from marts.fct_category_shares where report_id = '{report}'"):
            for column, kind in COLUMNS.items():
                if share[column] is not None:
                    found = data.observations[share[f"{kind}_observation_id"]]
                    assert abs(share[column] - found["obs_value"]) <= Decimal("0.005")
                    place = f"../numbers/{report}.html#{found['observation_id']}"
                    expected[place] = (column, found["printed_value"], str(found["obs_value"]))
        page = pages[f"reports/{report}.html"]
        cells = {
            cell.href: (name, None if cell.is_derived else cell.text, cell.value)
            for each in page.iter("table")
            for row in rows(each)
            for name, cell in row.items()
            if cell.href and cell.value and not each.attrib["id"].endswith("-years")
        }
        assert len(cells) >= 10 and cells.items() <= expected.items()
        # The others stand by themselves.
        assert expected.keys() <= {link.attrib["href"] for link in page.iter("a")}


def test_data_of_each_table(pages: Pages) -> None:
    """The link beside a table holds its cells, exact; commas and quotes come out whole."""
    figures = [each for page in pages.values() for each in page.findall(FIGURES)]
    assert len(figures) > 10
    for figure in figures:
        [link] = [each.attrib["href"] for each in figure.iter("a") if each.get("download")]
        kind, _, content = link.partition(",")
        cells = [
            {name: cell.text if cell.value is None else cell.value for name, cell in row.items()}
            for row in rows(next(figure.iter("table")))
        ]
        assert kind == "data:text/csv;charset=utf-8"
        assert list(csv.DictReader(io.StringIO(unquote(content)))) == cells


def test_computed_columns(pages: Pages) -> None:
    """A computed percentage rounds to the printed one; differences keep what rounding leaves."""
    compared = set()
    tables = [each for page in pages.values() for each in page.findall(FIGURES + "//table")]
    for row in [row for each in tables for row in rows(each)]:
        found = {n: [*map(Decimal, re.findall(r"[\d.]+", cell.text))] for n, cell in row.items()}
        if found.get("computed_percent") and found.get("published_percent"):
            gap = found["published_percent"][0] - found["computed_percent"][0]
            assert abs(gap) < Decimal("0.06")
            compared.add("percent")
        if found.get("above"):
            (low, high), (mean_low, mean_high) = found["above_interval"], found["mean_interval"]
            # The mean that is compared with is printed in whole months.
            assert high - low == mean_high - mean_low + 1 and low < found["above"][0] < high
            compared.add("means")
    assert compared == {"percent", "means"}


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_in_charts() -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for marks. Axe measures the texts outside of pictures."""
    style = charts.STYLE_SHEET.read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.S)
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in blocks)
    assert set(light) == set(dark) >= set(charts.COLORS)
    for color in (light, dark):
        for front, ground, least in (
            ("ink", "paper", 4.5),
            ("muted", "paper", 4.5),
            ("mark", "paper", 3),
            ("mark", "track", 3),
        ):
            low, high = sorted((luminance(color[front]), luminance(color[ground])))
            assert (high + 0.05) / (low + 0.05) >= least, (front, ground)


def test_readme_images_are_drawn_from_the_marts(built: Built, tmp_path: Path) -> None:
    assert cli.main(["images", "--warehouse", str(built.warehouse), "--output", str(tmp_path)]) == 0
    made = contents(tmp_path)
    assert made == contents(PROJECT / "docs" / "images"), "run make images"
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert all(f"](docs/images/{name})" in readme for name in made)

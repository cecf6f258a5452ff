"""Charts: bars as long as their numbers, told apart by people, drawn again byte for byte."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from conftest import PROJECT, Built
from exported import contents
from html_pages import Element, Pages, rows, table, text
from pages import charts, pictures
from pages.charts import Chart, Mark
from pages.topics import PARTS

BARS = {
    "number-of-victims.html": ("victim_count_buckets", "offender_count"),
    "misrepresentation.html": ("misrepresentation_types", "published_percent"),
    "enticement.html": ("enticement_types", "published_percent"),
    "offenders-by-fiscal-year.html": ("offenders_by_fiscal_year", "offender_count"),
}


def bars_of(picture: Element) -> list[tuple[str, list[float]]]:
    """Return the bars from top to bottom: the colour, and start, top and length of each."""
    found = []
    for group in (each for each in picture.iter("g") if "mark-rect" in each.get("class", "")):
        for path in group.findall(".//path[@stroke='var(--mark)']"):
            place = re.match(r"M([\d.]+),([\d.]+)h([\d.]+)v", path.attrib["d"])
            assert place
            found.append((path.attrib["fill"], [float(number) for number in place.groups()]))
    return sorted(found, key=lambda bar: bar[1][1])


@pytest.mark.parametrize("size", charts.WIDTHS)
@pytest.mark.parametrize("name", BARS)
def test_bars_are_as_long_as_their_numbers(pages: Pages, name: str, size: str) -> None:
    """Each starts at zero, one below the other: none is stacked. Derived ones are outlined."""
    [picture] = pages[name].findall(f".//svg[@class='{size}']")
    bars = bars_of(picture)
    part, column = BARS[name]
    cells = [row[column] for row in rows(table(pages[name], part))]
    longest, most = bars[-1][1][2], float(cells[-1].value or 0)
    for (fill, (start, _, length)), cell in zip(bars, cells, strict=True):
        assert start == 0
        share = float(cell.value or 0) / most
        assert length / longest == pytest.approx(share, rel=0.01, abs=0.01)
        assert fill == ("var(--paper)" if cell.is_derived else "var(--mark)")


def test_each_chart_states_its_message_in_colors_of_the_style_sheet(pages: Pages) -> None:
    figures = [figure for page in pages.values() for figure in page.iter("figure")]
    assert len(figures) == sum(len(part.charts) for parts in PARTS.values() for part in parts)
    used = set()
    for figure in figures:
        title, message = text(figure.find("h2")), text(figure.find("p"))
        assert re.search(r"\d", message) and "{" not in message
        pictures = figure.findall("svg")
        assert [each.get("class") for each in pictures] == list(charts.WIDTHS)
        for picture in pictures:
            assert picture.get("aria-label") == f"Chart. {title}. {message}"
            used |= {each.get(name) for each in picture.iter() for name in ("fill", "stroke")}
    assert used - {None, "none", "transparent"} == {f"var(--{name})" for name in charts.COLORS}


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


def test_contrast_in_charts() -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for marks. Axe measures the texts outside of pictures."""
    style = charts.STYLE_SHEET.read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.S)
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in blocks)
    assert set(light) == set(dark) >= set(charts.COLORS)
    for color in (light, dark):
        for front, ground, least in (
            ("ink", "paper", 4.5),
            ("ink", "track", 4.5),
            ("muted", "paper", 4.5),
            ("mark", "paper", 3),
            ("mark", "track", 3),
        ):
            low, high = sorted((luminance(color[front]), luminance(color[ground])))
            assert (high + 0.05) / (low + 0.05) >= least, (front, ground)


def test_readme_images_are_drawn_from_the_marts(built: Built, tmp_path: Path) -> None:
    drawn = {path.name: path.read_bytes() for path in pictures.draw(built.warehouse, tmp_path)}
    assert drawn == contents(PROJECT / "docs" / "images"), "run make images"
    assert max(map(len, drawn.values())) < 30_000

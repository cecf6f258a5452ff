"""Charts of the report pages, drawn as SVG by a template and coloured by the style sheet.

Heights are pixels and widths percentages, so that one picture fits a telephone, a desktop and
print. The name of a row and its number stand above its mark. A printed number is a filled mark, a
derived one an outlined mark. Bars and lines start at zero; dots need not.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from pages.data import TEMPLATES
from pages.text import breakable, number

STYLE_SHEET = TEMPLATES / "style.css"
COLORS = ("ink", "muted", "grid", "mark", "paper", "track")

# Pixels, but for the first: the characters of a line that the narrowest telephone has room for.
CHARACTERS = 40
LINE = 19
BAR = 16
GAP = 13
PLOT = 170
LABELED_POINTS = 7
EDGE = 10.0  # percent left free beside the first and the last point of a line


@dataclass(frozen=True)
class Mark:
    """One row of a chart, or one point of a line.

    Where `value` is None, only its bounds `low` and `high` are known, drawn as a broad line. `at`
    is the place of a point on the axis of a line.
    """

    label: str
    value: Decimal | None
    text: str
    is_derived: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    at: int = 0

    @property
    def bounds(self) -> list[Decimal]:
        """Return what is known of the value, the least first."""
        return [bound for bound in (self.low, self.value, self.high) if bound is not None]


@dataclass(frozen=True)
class Chart:
    """What a chart shows: `kind` is `bars`, `dots` or `line`.

    `axis` is the title of the axis. `base` is the whole that bars are parts of, drawn behind each.
    `reference` is the value that dots are compared with, and joined to.
    """

    kind: str
    marks: Sequence[Mark]
    axis: str
    base: Decimal | int | None = None
    reference: Decimal | None = None


@cache
def palette() -> dict[str, str]:
    """Read the colours of the charts in light mode from the style sheet, by their names there."""
    light = STYLE_SHEET.read_text(encoding="utf-8").partition("}")[0]
    found = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", light))
    return {name: found[name] for name in COLORS}


@cache
def templates() -> jinja2.Environment:
    """Return the templates of pages and charts, which fail on a name that they are not given."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"number": number, "breakable": breakable}
    found.globals["show"] = found.get_template("macros.html").module
    return found


def svg(chart: Chart, description: str, width: int | None = None) -> Markup:
    """Draw a chart with its text alternative: for a page, or as a picture by itself, in pixels."""
    layout = _line(chart) if chart.kind == "line" else _rows(chart)
    drawn = (
        templates()
        .get_template("chart.svg")
        .render(chart=chart, description=description, width=width, **layout)
    )
    if width is not None:
        for name, color in palette().items():
            drawn = drawn.replace(f"var(--{name})", color)
    return Markup(drawn)


def axis(low: Decimal, high: Decimal, most: int = 5) -> tuple[Decimal, Decimal, list[Decimal]]:
    """Choose the ends of an axis that holds two values, and its ticks: round numbers."""
    span = max(high - low, Decimal(1))
    unit = Decimal(10) ** math.floor(math.log10(span / most))
    step = next(unit * n for n in (1, 2, 5, 10) if span / (unit * n) <= most)
    start = math.floor(low / step)
    end = max(math.ceil(high / step), start + 1)
    return start * step, end * step, [n * step for n in range(start, end + 1)]


def _scale(chart: Chart) -> tuple[Decimal, Decimal, list[Decimal]]:
    """Return the ends and the ticks of the axis of values."""
    bounds = [bound for mark in chart.marks for bound in mark.bounds]
    if chart.base is not None:
        base = Decimal(chart.base)
        return Decimal(0), base, [tick for tick in axis(Decimal(0), base)[2] if tick <= base]
    if chart.reference is None:
        return axis(Decimal(0), max(bounds))
    return axis(min(*bounds, chart.reference), max(*bounds, chart.reference))


def _rows(chart: Chart) -> dict[str, Any]:
    """Lay out bars or dots, from top to bottom."""
    low, high, ticks = _scale(chart)

    def across(value: Decimal) -> str:
        return f"{100 * (value - low) / (high - low):.2f}%"

    rows = []
    position = 0
    for mark in chart.marks:
        # The number stays whole and comes last.
        whole = mark.text.replace(" ", "\u00a0")
        lines = textwrap.wrap(f"{mark.label} {whole}", CHARACTERS, break_long_words=False)
        bounds = mark.bounds
        start = chart.reference if chart.reference is not None else low
        rows.append(
            {
                "mark": mark,
                "names": [
                    (position + LINE * (n + 1) - 5, line.removesuffix(whole))
                    for n, line in enumerate(lines)
                ],
                "number": whole,
                "top": position + LINE * len(lines),
                "start": across(start),
                "at": None if mark.value is None else across(mark.value),
                "spread": (across(bounds[0]), across(bounds[-1])) if bounds[1:] else None,
            }
        )
        position += LINE * len(lines) + BAR + GAP
    # The texts at both ends stay within the picture.
    anchors = {across(low): "start", across(high): "end"}
    return {
        "rows": rows,
        "ticks": [(across(v), number(v, None), anchors.get(across(v), "middle")) for v in ticks],
        "reference": None if chart.reference is None else across(chart.reference),
        "bar": BAR,
        "bottom": position - GAP + 6,
        "height": position - GAP + 54,
    }


def _line(chart: Chart) -> dict[str, Any]:
    """Lay out a line over years; a dashed part spans years that no report gives."""
    marks = chart.marks
    _, high, _ = _scale(chart)
    first, years = marks[0].at, max(marks[-1].at - marks[0].at, 1)
    # Many points have no room for all numbers.
    labeled = range(0, len(marks), max(len(marks) // LABELED_POINTS, 1))

    def point(n: int, mark: Mark) -> dict[str, Any]:
        across = EDGE + (100 - 2 * EDGE) * (mark.at - first) / years
        value = mark.value if mark.value is not None else mark.bounds[0]
        down = 24 + PLOT * (1 - float(value / high))
        return {
            "mark": mark,
            "x": f"{across:.2f}%",
            "y": f"{down:.1f}",
            "above": f"{down - 11:.1f}",
            "is_labeled": n in labeled,
            "is_apart": n > 0 and mark.at - marks[n - 1].at > 1,
        }

    points = [point(n, mark) for n, mark in enumerate(marks)]
    return {"points": points, "bottom": 24 + PLOT, "height": 24 + PLOT + 46}

"""Charts of the report pages: bars and dots drawn with Altair, as SVG that the style sheet colours.

One style for all of them: the name of a row stands above its mark and its number beside it, so that
a chart can be as narrow as a telephone. A printed number is a filled mark, a derived one an
outlined mark. Bars start at zero; dots need not.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair

STYLE_SHEET = Path(__file__).with_name("templates") / "style.css"

Rows = list[dict[str, Any]]

# Pixels. The first size is for wide windows and for print, the second for telephones.
WIDTHS = {"wide": 680, "narrow": 320}
TEXT = 14
LINE = 18
# Of the widest usual sans serif, on average: of names, and of numbers, which are bold.
CHARACTER = 7.0
DIGIT = 8.8
BAR = 18
GAP = 16

COLORS = ("ink", "muted", "grid", "mark", "paper", "track")


@dataclass(frozen=True)
class Mark:
    """One row of a chart.

    `value` is None where the print gives no number (life): the row is drawn open to the right.
    `low` and `high` are what rounding leaves open, drawn as a line where given.
    """

    label: str
    value: Decimal | None
    text: str
    is_derived: bool = False
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def bounds(self) -> list[float]:
        """Return what is known of the value, the least first."""
        bounds = (self.low, self.value, self.high)
        return [float(bound) for bound in bounds if bound is not None]


@dataclass(frozen=True)
class Chart:
    """What a chart shows, at any width.

    `axis` is the title of the axis. `base` is the whole that bars are parts of, drawn behind each.
    With a `reference`, the value that all are compared with, the marks are dots joined to it.
    """

    marks: Sequence[Mark]
    axis: str
    base: Decimal | None = None
    reference: Decimal | None = None


@cache
def palette() -> dict[str, str]:
    """Read the colours of the charts in light mode from the style sheet, by their names there."""
    light = STYLE_SHEET.read_text(encoding="utf-8").partition("}")[0]
    found = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", light))
    return {name: found[name] for name in COLORS}


def svg(chart: Chart, width: int, background: str = "transparent") -> str:
    """Draw a chart in the colours of light mode."""
    # Imported here: it loads in a tenth of the time that the pages take.
    import vl_convert

    # A test validates the specifications; here it would take as long as the drawing.
    drawn = specification(chart, width, background).to_dict(validate=False)
    return vl_convert.vegalite_to_svg(drawn)


def inline_svg(chart: Chart, size: str, description: str) -> str:
    """Draw a chart for a page, coloured by the style sheet.

    `size` is a key of WIDTHS, which becomes the class of the picture; `description` is its text
    alternative, already escaped for an attribute.
    """
    # What Vega says of single marks would be read aloud beside the text alternative.
    drawn = re.sub(r' (role|aria-[a-z]+|xmlns(:xlink)?)="[^"]*"', "", svg(chart, WIDTHS[size]))
    for name, color in palette().items():
        drawn = drawn.replace(f'"{color}"', f'"var(--{name})"')
    attributes = f'class="{size}" role="img" aria-label="{description}"'
    return drawn.replace('class="marks"', attributes, 1)


def specification(chart: Chart, width: int, background: str) -> altair.LayerChart:
    """Lay a chart out: rows from top to bottom in pixels, values on one axis."""
    import altair as alt

    low, high = _low(chart), _high(chart, width)
    color = palette()
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    axis = alt.Axis(title=chart.axis, tickCount=6 if width > WIDTHS["narrow"] else 4)
    rows, names, height = _rows(chart, width, high)
    drawn: altair.LayerChart = (
        alt.layer(*_layers(chart, rows, names, partial(alt.X, scale=scale, axis=axis)))
        .properties(width=width, height=height, autosize={"type": "fit-x", "contains": "padding"})
        .configure(
            background=background,
            padding={"left": 4, "right": 12, "top": 2, "bottom": 2},
            # The first ships with vl-convert: texts measure the same on every machine.
            font="Liberation Sans, Arial, Helvetica, sans-serif",
            aria=False,
            view={"stroke": None},
        )
        .configure_axis(
            aria=False,
            grid=True,
            gridColor=color["grid"],
            domain=False,
            ticks=False,
            labelColor=color["muted"],
            labelFontSize=TEXT - 2,
            labelPadding=6,
            titleColor=color["muted"],
            titleFontSize=TEXT - 1,
            titleFontWeight="normal",
            titleAnchor="start",
            titleAlign="left",
            titleX=0,
            titlePadding=8,
        )
    )
    return drawn


def _layers(chart: Chart, rows: Rows, names: Rows, x: partial[altair.X]) -> Iterator[altair.Chart]:
    """Yield the layers from the ground up: the whole, the reference, the marks, the texts."""
    import altair as alt

    channels: dict[str, Any] = {"x": x, "y": partial(alt.Y, scale=None, axis=None)}

    def layer(selected: Rows, kind: Any, fields: dict[str, str], **style: Any) -> altair.Chart:
        encoding = {name: channels.get(name, str)(field) for name, field in fields.items()}
        drawn = alt.Chart(alt.InlineData(values=selected), mark=alt.MarkDef(kind, **style))
        return drawn.encode(**encoding)

    color = palette()
    bar = {"x": "start:Q", "x2": "end:Q", "y": "top:Q", "y2": "bottom:Q"}
    line = {"x": "start:Q", "x2": "end:Q", "y": "middle:Q"}
    dot = {"x": "end:Q", "y": "middle:Q"}
    stroke = {"color": color["mark"], "strokeWidth": 2}
    point = {"size": 110, "opacity": 1}
    text = {"fontSize": TEXT, "color": color["ink"], "align": "left"}
    known = [row for row in rows if not row["open"]]
    endless = [row for row in rows if row["open"]]
    if chart.base is not None:
        whole = [{**row, "start": 0, "end": float(chart.base)} for row in rows]
        yield layer(whole, "rect", bar, color=color["track"])
    if chart.reference is not None:
        rule = {"x": "start:Q", "y": "top:Q", "y2": "bottom:Q"}
        yield layer(rows, "rule", rule, color=color["ink"], strokeWidth=2)
    for is_derived in (False, True):
        kind = [row for row in known if row["derived"] == is_derived]
        style = {"fill": color["paper" if is_derived else "mark"], "stroke": color["mark"]}
        if chart.reference is None:
            yield layer(kind, "rect", bar, **style, strokeWidth=1.5)
            continue
        spread = {**line, "x": "low:Q", "x2": "high:Q"}
        yield layer(kind, "rule", line, **stroke)
        yield layer(kind, "rule", spread, color=color["mark"], strokeWidth=7, opacity=0.45)
        yield layer(kind, "point", dot, **style, **point, strokeWidth=2)
    if endless:
        yield layer(endless, "rule", line, **stroke, strokeDash=[5, 4])
        head = {"shape": "triangle-right", "filled": True, "color": color["mark"]}
        yield layer(endless, "point", dot, **head, **point)
    name = {"y": "baseline:Q", "text": "text:N"}
    yield layer(names, "text", name, **text, x=0, baseline="alphabetic")
    number = {"x": "reach:Q", "y": "middle:Q", "text": "text:N"}
    gap = 8 if chart.reference is None else 13
    yield layer(known, "text", number, **text, baseline="middle", dx=gap, fontWeight="bold")


def _low(chart: Chart) -> float:
    """Choose the start of the axis: zero for bars, below the lowest mark for dots."""
    if chart.reference is None:
        return 0.0
    bounds = [bound for mark in chart.marks for bound in mark.bounds]
    lowest = min(*bounds, float(chart.reference))
    return 10 * math.floor((lowest - 0.2 * (max(bounds) - lowest)) / 10)


def _high(chart: Chart, width: int) -> float:
    """Choose the end of the axis so that the number beside each mark has room."""
    low, high = _low(chart), float(chart.base or 0)
    for mark in chart.marks:
        if mark.bounds:
            room = width - 30 - len(mark.text) * DIGIT
            high = max(high, low + (mark.bounds[-1] - low) * (width - 16) / room)
    return high


def _rows(chart: Chart, width: int, high: float) -> tuple[Rows, Rows, int]:
    """Return the rows, the lines of their names, and the height of all."""
    rows: Rows = []
    lines: Rows = []
    position = 0
    start = float(chart.reference or 0)
    for mark in chart.marks:
        name = f"{mark.label}: {mark.text}" if mark.value is None else mark.label
        for text in textwrap.wrap(name, int((width - 16) / CHARACTER)):
            position += LINE
            lines.append({"text": text, "baseline": position - 5})
        bounds = mark.bounds or [high]
        rows.append(
            {
                "text": mark.text,
                "open": mark.value is None,
                "derived": mark.is_derived,
                "start": start,
                "end": high if mark.value is None else float(mark.value),
                "low": bounds[0],
                "high": bounds[-1],
                "reach": max(bounds[-1], start),
                "top": position,
                "middle": position + BAR / 2,
                "bottom": position + BAR,
            }
        )
        position += BAR + GAP
    return rows, lines, position - GAP + 6

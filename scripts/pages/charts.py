"""Charts of the report pages: bars and dots drawn with Altair, as SVG that the style sheet colours.

One style for all of them: the name of a row stands above its mark and its number beside it, so that
a chart can be as narrow as a telephone. A printed number is a filled mark, a derived one an
outlined mark. Bars start at zero; dots need not.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.project import PROJECT

if TYPE_CHECKING:
    import altair

STYLE_SHEET = PROJECT / "scripts" / "pages" / "templates" / "style.css"

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


@dataclass(frozen=True)
class Chart:
    """What a chart shows, at any width.

    `axis` is the title of the axis. `base` is the whole that bars are parts of, drawn behind each.
    With a `reference`, the value that all are compared with, the marks are dots joined to it.
    """

    marks: tuple[Mark, ...]
    axis: str
    base: Decimal | None = None
    reference: Decimal | None = None


@cache
def palette(style_sheet: Path = STYLE_SHEET) -> dict[str, str]:
    """Read the colours of the charts in light mode from the style sheet, by their names there."""
    light = style_sheet.read_text(encoding="utf-8").partition("}")[0]
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
    """Draw a chart for a page: coloured by the style sheet, with its text alternative.

    Args:
        chart: what to draw.
        size: a key of WIDTHS, which becomes the class of the picture.
        description: the text alternative, already escaped for an attribute.

    """
    # What Vega says of single marks would be read aloud beside the text alternative.
    drawn = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", svg(chart, WIDTHS[size]))
    for name, color in palette().items():
        drawn = drawn.replace(f'"{color}"', f'"var(--{name})"')
    attributes = f'class="{size}" role="img" aria-label="{description}"'
    return drawn.replace('class="marks"', attributes, 1).replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', "", 1
    )


def specification(chart: Chart, width: int, background: str) -> altair.LayerChart:
    """Lay a chart out: rows from top to bottom in pixels, values on one axis."""
    import altair as alt

    colors = palette()
    low, high = _domain(chart, width)
    rows, lines, height = _rows(chart, width, high)

    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    axis = alt.Axis(title=chart.axis, tickCount=6 if width > WIDTHS["narrow"] else 4)

    def across(field: str) -> altair.X:
        return alt.X(f"{field}:Q", scale=scale, axis=axis)

    def down(field: str) -> altair.Y:
        return alt.Y(f"{field}:Q", scale=None, axis=None)

    def layer(selected: Sequence[dict[str, Any]]) -> altair.Chart:
        return alt.Chart(alt.Data(values=list(selected)))

    known = [row for row in rows if not row["open"]]
    endless = [row for row in rows if row["open"]]
    drawn = []
    if chart.base is not None:
        whole = layer([{**row, "start": 0, "end": float(chart.base)} for row in rows])
        drawn.append(
            whole.mark_rect(color=colors["track"]).encode(
                x=across("start"), x2=alt.X2("end:Q"), y=down("top"), y2=alt.Y2("bottom:Q")
            )
        )
    if chart.reference is not None:
        line = layer(rows).mark_rule(color=colors["ink"], strokeWidth=2)
        drawn.append(line.encode(x=across("start"), y=down("top"), y2=alt.Y2("bottom:Q")))
    for is_derived in (False, True):
        kind = layer([row for row in known if row["derived"] == is_derived])
        style = {"fill": colors["paper" if is_derived else "mark"], "stroke": colors["mark"]}
        if chart.reference is None:
            bar = kind.mark_rect(**style, strokeWidth=1.5)
            drawn.append(
                bar.encode(
                    x=across("start"), x2=alt.X2("end:Q"), y=down("top"), y2=alt.Y2("bottom:Q")
                )
            )
            continue
        line = kind.mark_rule(color=colors["mark"], strokeWidth=2)
        drawn.append(line.encode(x=across("start"), x2=alt.X2("end:Q"), y=down("middle")))
        spread = kind.mark_rule(color=colors["mark"], strokeWidth=7, opacity=0.45)
        drawn.append(spread.encode(x=across("low"), x2=alt.X2("high:Q"), y=down("middle")))
        dot = kind.mark_point(**style, strokeWidth=2, size=110, opacity=1)
        drawn.append(dot.encode(x=across("end"), y=down("middle")))
    if endless:
        line = layer(endless).mark_rule(color=colors["mark"], strokeWidth=2, strokeDash=[5, 4])
        drawn.append(line.encode(x=across("start"), x2=alt.X2("end:Q"), y=down("middle")))
        head = layer(endless).mark_point(
            shape="triangle-right", filled=True, color=colors["mark"], size=110, opacity=1
        )
        drawn.append(head.encode(x=across("end"), y=down("middle")))
    names = layer(lines).mark_text(
        align="left", baseline="alphabetic", fontSize=TEXT, color=colors["ink"]
    )
    drawn.append(names.encode(x=alt.value(0), y=down("baseline"), text=alt.Text("text:N")))
    numbers = layer(known).mark_text(
        align="left",
        baseline="middle",
        dx=8 if chart.reference is None else 13,
        fontSize=TEXT,
        fontWeight="bold",
        color=colors["ink"],
    )
    drawn.append(numbers.encode(x=across("reach"), y=down("middle"), text=alt.Text("text:N")))
    return (
        alt.layer(*drawn)
        .properties(width=width, height=height, autosize={"type": "fit-x", "contains": "padding"})
        .configure(
            background=background,
            padding={"left": 4, "right": 12, "top": 2, "bottom": 2},
            # The first ships with vl-convert: texts measure the same on every machine.
            font="Liberation Sans, Arial, Helvetica, sans-serif",
            aria=False,
        )
        .configure_view(stroke=None)
        .configure_axis(
            aria=False,
            grid=True,
            gridColor=colors["grid"],
            domain=False,
            ticks=False,
            labelColor=colors["muted"],
            labelFontSize=TEXT - 2,
            labelPadding=6,
            titleColor=colors["muted"],
            titleFontSize=TEXT - 1,
            titleFontWeight="normal",
            titleAnchor="start",
            titleAlign="left",
            titleX=0,
            titlePadding=8,
        )
    )


def _domain(chart: Chart, width: int) -> tuple[float, float]:
    """Choose the ends of the axis so that the number beside each mark has room."""
    known = [mark for mark in chart.marks if mark.value is not None]
    ends = [float(mark.high if mark.high is not None else mark.value) for mark in known]
    starts = [float(mark.low if mark.low is not None else mark.value) for mark in known]
    low = 0.0
    if chart.reference is not None:
        lowest = min(*starts, float(chart.reference))
        spread = max(ends) - lowest
        low = 10 * math.floor((lowest - 0.2 * spread) / 10)
    high = float(chart.base or 0)
    for mark, end in zip(known, ends, strict=True):
        room = width - 30 - len(mark.text) * DIGIT
        high = max(high, low + (end - low) * (width - 16) / room)
    return low, high


def _rows(
    chart: Chart, width: int, high: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Place each row and each line of its name; the height is that of all of them."""
    rows: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    position = 0
    start = float(chart.reference or 0)
    for mark in chart.marks:
        is_open = mark.value is None
        name = f"{mark.label}: {mark.text}" if is_open else mark.label
        for text in textwrap.wrap(name, int((width - 16) / CHARACTER)):
            position += LINE
            lines.append({"text": text, "baseline": position - 5})
        end = high if is_open else float(mark.value)
        rows.append(
            {
                "text": mark.text,
                "open": is_open,
                "derived": mark.is_derived,
                "start": start,
                "end": end,
                "low": float(mark.low) if mark.low is not None else end,
                "high": float(mark.high) if mark.high is not None else end,
                "reach": max(end, float(mark.high) if mark.high is not None else end, start),
                "top": position,
                "middle": position + BAR / 2,
                "bottom": position + BAR,
            }
        )
        position += BAR + GAP
    return rows, lines, position - GAP + 6

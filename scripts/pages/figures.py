"""Figures: charts with the table, the text and the place in print of the numbers that they show.

What fits follows from how the numbers are listed. Categories that make up a whole are bars before
it, those that overlap are dots without a total, a partial list is ranked bars, means are dots with
their intervals, percentages that have a base each are dots, and years are a line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pages.charts import Chart, Mark, svg
from pages.data import Data, grouped
from pages.numbers import citations, number_cell, shown
from pages.tables import Cell, Table, plain
from pages.text import Row, listed, more_or_less, number, signed, uncapitalized

CONTENT = Path(__file__).with_name("content")
WHOLE = Decimal(100)
APART = ("any", "none")
# The number that a column shows.
COLUMNS = {
    "offender_count": "count",
    "published_percent": "percent",
    "mean_sentence_months": "mean",
    "percent_of_category": "percent_of_category",
}
HEADINGS = {
    "category_label": "Category",
    "classification_label": "Of",
    "population_label": "Group",
    "offender_count": "Offenders",
    "published_percent": "Percent, as printed",
    "computed_percent": "Percent, computed",
    "percent_of_category": "Percent of the category’s cases",
    "mean_sentence_months": "Mean sentence, months",
    "mean_interval": "Mean, within",
    "above": "Months above {}",
    "above_interval": "Above, within",
}


def figures(data: Data, shares: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield the figures of shares of one report, population and fiscal year, in printed order.

    Shares that the report prints alone of their classification are together in one figure.
    """
    alone: list[Row] = []
    lists = []
    for rows in grouped(shares, "classification_id").values():
        if len(rows) == 1 and rows[0]["percent"]:
            alone += rows
        else:
            lists.append(rows)

    def place(rows: Sequence[Row]) -> int:
        found = [
            row[f"{kind}_observation_id"] for row in rows for kind in COLUMNS.values() if row[kind]
        ]
        return min(data.order[name] for name in found)

    for rows in sorted(([alone] if alone else []) + lists, key=place):
        if rows is alone:
            yield shares_figure(data, rows, "alone", "Shares printed one by one")
        else:
            yield shares_figure(data, rows, rows[0]["list_kind"], rows[0]["classification_label"])


def shares_figure(data: Data, rows: Sequence[Row], kind: str, label: str) -> dict[str, Any]:
    """Return the figure of shares: `kind` is how they are listed, or `alone`."""
    one, is_list = rows[0], kind != "alone"
    name = one["classification_id"] if is_list else kind
    name = "-".join((one["population_id"], str(one["fiscal_year"]), one["report_id"], name))
    groups = {row["population_label"] for row in rows}
    about = groups.pop() if len(groups) == 1 else "several groups"
    about += f", fiscal year {one['fiscal_year']}"
    charts = [draw(data, rows, kind) for draw in (_share_chart, _mean_chart, _category_chart)]
    numbers = [row[kind] for row in rows for kind in COLUMNS.values() if row[kind]]
    drawn = [*filter(None, charts)]
    return _whole(data, name, label, about, drawn, numbers, *_table(data, rows)) | {
        "kind": kind,
        "row": one,
        "bases": {row["percent_base"] for row in rows if row["percent"]},
        "description": one["description"] if is_list else "",
        "text": text_about(one["classification_id"]) if is_list else [],
    }


def _whole(
    data: Data,
    name: str,
    label: str,
    about: str,
    charts: Iterable[tuple[Chart, str]],
    numbers: Sequence[Row],
    headings: dict[str, str],
    cells: Sequence[Sequence[Cell]],
) -> dict[str, Any]:
    """Draw the charts, each with its message, beside the table of the numbers and their places."""
    table = Table(f"table-{name}", f"{label}: {about}", headings, cells)
    return {
        "name": name,
        "label": label,
        "about": about,
        "charts": [
            (message, svg(chart, f"Chart. {label}: {about}. {message}"))
            for chart, message in charts
        ],
        "table": table,
        "data": data_link(table),
        "numbers": numbers,
        "citations": citations(data, numbers),
        "has_derived": any(mark.is_derived for chart, _ in charts for mark in chart.marks),
        "is_declared": any(item["observation_id"] in data.declared for item in numbers),
        "bases": set(),
        "description": "",
        "text": [],
    }


def text_about(name: str) -> list[str]:
    """Read the paragraphs that content/ has about a classification or a population, if any."""
    path = CONTENT / f"{name}.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]


def data_link(table: Table) -> str:
    """Return the table as CSV, exact and with the names of the columns, in a link of its own."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.headings)
    writer.writerows(
        [cell.text if cell.value is None else cell.value for cell in row] for row in table.rows
    )
    return f"data:text/csv;charset=utf-8,{quote(file.getvalue())}"


# Charts, each with the sentence that says what it shows

Drawn = tuple[Chart, str] | None


def mark(data: Data, label: str, item: Row, text: str, **more: Any) -> Mark:
    """Return the mark of a number, which says whether it is derived or does not fit."""
    label += " †" if item["observation_id"] in data.declared else ""
    bounds = (item["value_low"], item["value_high"])
    is_derived = item["obs_status"] == "derived"
    return Mark(label, item["obs_value"], text, is_derived, *bounds, **more)


def largest_first(marks: Iterable[Mark]) -> list[Mark]:
    """Rank marks; those of equal numbers stay in their order."""
    return sorted(marks, key=lambda mark: mark.bounds[-1], reverse=True)


def extremes(marks: Sequence[Mark], kind: str = "complete") -> str:
    """Say which marks are the largest and the smallest: of all, or of those in a list."""
    ranked = largest_first(marks)
    most, least = (
        [one for one in ranked if one.bounds == end.bounds] for end in (ranked[0], ranked[-1])
    )
    if len(ranked) == len(most):
        return f"{_named(most)}."
    if kind == "complete":
        return f"Largest: {_named(most)}. Smallest: {_named(least)}."
    return f"Of those printed, the largest: {_named(most)}; the smallest: {_named(least)}."


def _named(marks: Sequence[Mark]) -> str:
    labels = listed([mark.label.removesuffix(" †") for mark in marks])
    return f"{labels}, {marks[0].text}"


def _share_chart(data: Data, rows: Sequence[Row], kind: str) -> Drawn:
    drawn = [row for row in rows if row["adds_up"]] if kind == "complete" else rows
    by = max(("percent", "count"), key=lambda name: sum(bool(row[name]) for row in drawn))
    drawn = [row for row in drawn if row[by]]
    if len(drawn) < (1 if kind == "alone" else 2):
        return None
    names_group = len({row["population_id"] for row in rows}) > 1
    # Those in none of the categories, or in any, come after the categories.
    apart = [row for row in drawn if kind == "overlapping" and row["category_role"] in APART]
    marks, last = (
        [_share(data, row, by, names_group) for row in drawn if (row in apart) == is_apart]
        for is_apart in (False, True)
    )
    message = extremes(marks or last, kind)
    if kind == "alone" and not names_group:
        message = "; ".join(f"{mark.label}, {mark.text}" for mark in marks) + "."
    if kind in ("overlapping", "partial"):
        marks = largest_first(marks) + last
    axis = "Percent of each group" if names_group else "Percent of offenders"
    base = rows[0]["population_offender_count"] if by == "count" else WHOLE
    has_whole = kind == "alone" or (kind == "complete" and rows[0]["is_of_population"])
    if by == "count":
        axis = f"Offenders, of {number(base)} in all" if base and has_whole else "Offenders"
    form = "dots" if kind == "overlapping" else "bars"
    return Chart(form, marks, axis, base if has_whole else None), message


def _share(data: Data, row: Row, by: str, names_group: bool) -> Mark:
    label = row["category_label"]
    label += f": {uncapitalized(row['population_label'])}" if names_group else ""
    text = f"{shown(row['percent'])}%" if row["percent"] else ""
    if by == "count":
        text = shown(row["count"]) + (f" ({text})" if text else "")
    return mark(data, label, row[by], text)


def _reference(rows: Sequence[Row]) -> Row | None:
    """Return the row whose mean others are compared with: of those in no category, if printed."""
    return next((row for row in rows if row["mean"] and row["category_role"] == "none"), None)


def _mean_chart(data: Data, rows: Sequence[Row], kind: str) -> Drawn:
    means = [row for row in rows if row["mean"]]
    if len(means) < 2:
        return None
    compared = _reference(rows)
    marks, parts = [], []
    for row in means:
        item = row["mean"]
        label = row["category_label"]
        label += f" ({shown(row['count'])} offenders)" if row["count"] else ""
        text = shown(item)
        if compared and row is not compared:
            above = item["obs_value"] - compared["mean"]["obs_value"]
            decimals = 1 if item["obs_status"] == "derived" else None
            text += f" ({signed(above, decimals)})"
            words = more_or_less(above, "months longer", "months shorter", decimals)
            parts.append(f"{words} for {row['category_label']}")
        marks.append(mark(data, label, item, text))
    if not compared:
        return mean_chart(marks), extremes(marks)
    value = compared["mean"]["obs_value"]
    message = f"Against a mean of {number(value)} months for {compared['category_label']}"
    message += f", the mean sentence was {listed(parts)}."
    return mean_chart(marks, value), message


def mean_chart(marks: Iterable[Mark], reference: Decimal | None = None) -> Chart:
    """Draw means as dots with the interval that rounding leaves each, the longest first."""
    return Chart("dots", largest_first(marks), "Mean sentence, months", reference=reference)


def _category_chart(data: Data, rows: Sequence[Row], kind: str) -> Drawn:
    own = [row for row in rows if row["percent_of_category"]]
    if len(own) < 2:
        return None
    items = [(row["category_label"], row["percent_of_category"]) for row in own]
    marks = [mark(data, label, item, f"{shown(item)}%") for label, item in items]
    axis = "Percent of all cases of each category"
    return Chart("dots", largest_first(marks), axis), extremes(marks, kind)


def year_figure(data: Data, totals: Sequence[Row]) -> dict[str, Any]:
    """Return the line of a population's offenders over fiscal years, with its table."""
    first, last = totals[0], totals[-1]
    year = "fiscal_year"
    marks = [
        mark(data, str(row[year]), row["count"], shown(row["count"]), at=row[year])
        for row in totals
    ]
    message = f"{marks[0].text} in fiscal year {first[year]}, {marks[-1].text} in {last[year]}"
    changes = [_change(row, first) for row in totals]
    if changes[-1] is not None:
        message += f": {more_or_less(changes[-1], 'percent more', 'percent fewer', 1)}"
    headings = {year: "Fiscal year", "offender_count": HEADINGS["offender_count"]}
    headings |= {"change": f"Change since {first[year]}, percent, computed"}
    cells = [
        [plain(str(row[year])), number_cell(data, row["count"]), _computed(change, 1, signed)]
        for row, change in zip(totals, changes, strict=True)
    ]
    group = first["population_label"]
    chart = Chart("line", marks, "Offenders in each fiscal year")
    name, label = f"{first['population_id']}-years", "Offenders by fiscal year"
    numbers = [row["count"] for row in totals]
    charts = [(chart, f"{message}.")]
    return _whole(data, name, label, group, charts, numbers, headings, cells) | {"kind": "years"}


def _change(row: Row, first: Row) -> Decimal | None:
    before, after = first["count"]["obs_value"], row["count"]["obs_value"]
    if row is first or not before or after is None:
        return None
    return Decimal(100 * (after - before) / before)


# The table


def _table(data: Data, rows: Sequence[Row]) -> tuple[dict[str, str], list[list[Cell]]]:
    """Return headings and cells of shares, without the columns that have nothing to say."""
    reference = _reference(rows)
    cells = [_cells(data, row, reference) for row in rows]
    names = ("classification_label", "population_label")
    same = [name for name in names if len({row[name] for row in rows}) == 1]
    used = [n for n in HEADINGS if n not in same and any(cell[n].text for cell in cells)]
    of = f"“{reference['category_label']}”" if reference else ""
    headings = {name: HEADINGS[name].format(of) for name in used}
    return headings, [[cell[name] for name in used] for cell in cells]


def _cells(data: Data, row: Row, reference: Row | None) -> dict[str, Cell]:
    """Return the cells of a share by the names of HEADINGS."""
    count, mean, base = row["count"], row["mean"], row["population_offender_count"]
    cells = dict.fromkeys(HEADINGS, Cell(""))
    for name in ("category_label", "classification_label", "population_label"):
        cells[name] = Cell(row[name])
    for name, kind in COLUMNS.items():
        if row[kind]:
            cells[name] = number_cell(data, row[kind])
    if count and base and count["obs_value"] is not None:
        cells["computed_percent"] = _computed(Decimal(100 * count["obs_value"]) / base, 2)
    if mean:
        decimals = 1 if mean["obs_status"] == "derived" else None
        cells["mean_interval"] = _interval(mean["value_low"], mean["value_high"], 1)
        if reference and row is not reference:
            of = reference["mean"]
            ends = mean["value_low"] - of["value_high"], mean["value_high"] - of["value_low"]
            cells["above"] = _computed(mean["obs_value"] - of["obs_value"], decimals)
            cells["above_interval"] = _interval(*ends, decimals)
    return cells


def _interval(low: Decimal, high: Decimal, decimals: int | None) -> Cell:
    text = f"{number(low, decimals)} to {number(high, decimals)}"
    return Cell(text, text, "number", is_derived=True)


def _computed(
    value: Decimal | None, decimals: int | None = None, write: Callable[..., str] = number
) -> Cell:
    """Show a number that the pages compute, rounded, with its exact value."""
    if value is None:
        return Cell("")
    return Cell(write(value, decimals), f"{value:f}", "number", is_derived=True)

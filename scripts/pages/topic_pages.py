"""The pages of the topics: tables of marts, charts, text, and the place of each number in print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jinja2
from markupsafe import Markup, escape

from pages.charts import WIDTHS, Chart, inline_svg
from pages.data import Data, sql_of, tally
from pages.numbers import citations, sources
from pages.tables import Cell, Table
from pages.text import Row, number, squeezed
from pages.topics import Column, Part, Topic
from warehouse.project import UserError


def topic_page(data: Data, topic: Topic, text: Any) -> dict[str, Any]:
    """Return what the page of a topic shows; `text` has the macros of its template."""
    found = data.query(
        f"select observation_id from marts.fct_observations where {topic.observations}"
    )
    about = {row["observation_id"] for row in found}
    observations = [row for name, row in data.observations.items() if name in about]
    parts = [_part(data, part, text) for part in topic.parts]
    return {
        "name": topic.name,
        "file": f"{topic.name.replace('_', '-')}.html",
        "title": squeezed(text.title()),
        "message": parts[0]["figures"][0]["message"],
        "parts": parts,
        "citations": citations(data, observations),
        "sources": sources(data, observations, "sources", "Each number and its place in print"),
        "checks": tally(check for check in data.checks if check["observation_id"] in about),
        "discrepancies": [row for row in data.discrepancies if row["observation_id"] in about],
    }


def text_of(topic: Topic, templates: jinja2.Environment) -> Any:
    """Return the macros of the template that holds the text of a topic."""
    return templates.get_template(f"topics/{topic.name}.html").module


def _part(data: Data, part: Part, text: Any) -> dict[str, Any]:
    """Return the table of a part, the charts of its latest fiscal year, and their text."""
    rows = rows_of(data, part)
    shown = latest(part, rows)
    caption = squeezed(getattr(text, f"{part.name}_caption")())
    headings = {name: column.label for name, column in part.columns.items()}
    cells = [[_cell(data, *column, row) for column in part.columns.items()] for row in rows]
    return {
        "mart": part.mart,
        "figures": [_figure(draw, shown, text) for draw in part.charts],
        "table": Table(part.name, caption, headings, cells, mart=part.mart),
        "reading": getattr(text, f"{part.name}_reading")(shown),
        "sql": _sql(part),
    }


def _sql(part: Part) -> str:
    return sql_of(part.query).replace("{mart}", part.mart)


def rows_of(data: Data, part: Part) -> list[Row]:
    """Return the rows of a part, each with whether a discrepancy is declared of it.

    Raises:
        UserError: there are none.

    """
    rows = data.query(_sql(part))
    if not rows:
        raise UserError(f"the warehouse has no rows in {part.mart}: run make build again")
    for row in rows:
        numbers = {value for name, value in row.items() if name.endswith("observation_id")}
        row["is_declared"] = not numbers.isdisjoint(data.declared)
    return rows


def latest(part: Part, rows: list[Row]) -> list[Row]:
    """Return the rows of the latest fiscal year; all where the rows are the fiscal years."""
    if next(iter(part.columns)) == "fiscal_year":
        return rows
    last = max(row["fiscal_year"] for row in rows)
    return [row for row in rows if row["fiscal_year"] == last]


def _figure(
    draw: Callable[[Sequence[Row]], Chart], rows: Sequence[Row], text: Any
) -> dict[str, Any]:
    """Draw a chart in both widths, with the text that states its message."""
    name = draw.__name__
    title = squeezed(getattr(text, f"{name}_title")(rows))
    message = squeezed(getattr(text, f"{name}_message")(rows))
    description = escape(f"Chart. {title}. {message}")
    chart = draw(rows)
    return {
        "name": name.replace("_", "-"),
        "title": title,
        "message": message,
        "note": getattr(text, f"{name}_note", str)(),
        "is_declared": any("†" in mark.label for mark in chart.marks),
        "drawn": [Markup(inline_svg(chart, size, description)) for size in WIDTHS],
    }


def _cell(data: Data, name: str, column: Column, row: Row) -> Cell:
    value = row[name]
    if value is None:
        return Cell("")
    source = row[column.source] if column.source else None
    observation = data.observations.get(source)
    is_derived, decimals = column.is_derived, column.decimals
    if observation:
        is_derived = observation["obs_status"] == "derived"
        if not is_derived:
            decimals = observation["decimals"]
    is_text = isinstance(value, str) or name.endswith("fiscal_year")
    return Cell(
        str(value) if is_text else number(value, decimals),
        str(value),
        "" if is_text else "number",
        is_derived,
        f"#{source}" if source else None,
        data.declared_link(source) if source else None,
    )

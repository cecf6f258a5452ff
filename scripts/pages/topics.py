"""The pages of the topics that topics.toml describes: tables of marts, charts, text and sources."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from pages import topic_charts
from pages.charts import WIDTHS, Chart, inline_svg
from pages.data import Data, sql_of, tally
from pages.numbers import citations, sources
from pages.tables import Cell, Table
from pages.text import Row, number, squeezed
from warehouse.project import UserError


@dataclass(frozen=True)
class Column:
    """A column of a table: where its numbers come from, and how they are shown."""

    label: str
    source: str | None = None
    decimals: int | None = None
    is_derived: bool = False


@dataclass(frozen=True)
class Part:
    """The table of a mart, and the charts of it."""

    name: str
    charts: Sequence[str]
    query: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def mart(self) -> str:
        """Name the mart."""
        return f"fct_{self.name}"

    @property
    def sql(self) -> str:
        """Return the SQL that gives the table."""
        return sql_of(self.query or self.name).replace("{mart}", self.mart)


TOML = tomllib.loads(Path(__file__).with_name("topics.toml").read_text(encoding="utf-8"))
COLUMNS = {name: Column(**column) for name, column in TOML["columns"].items()}
PARTS = {topic["name"]: [Part(**part) for part in topic["parts"]] for topic in TOML["topics"]}
OBSERVATIONS = {topic["name"]: topic["observations"] for topic in TOML["topics"]}
KEY_FIGURES = [(measure, category) for measure, category in TOML["key_figures"]]


def topic_page(data: Data, name: str, condition: str, text: Any) -> dict[str, Any]:
    """Return what a page shows: `condition` is on fct_observations, `text` has template macros."""
    found = data.query(f"select observation_id from marts.fct_observations where {condition}")
    about = {row["observation_id"] for row in found}
    observations = [row for name, row in data.observations.items() if name in about]
    parts = [_part(data, part, text) for part in PARTS[name]]
    return {
        "name": name,
        "file": f"{name.replace('_', '-')}.html",
        "title": squeezed(text.title()),
        "message": parts[0]["figures"][0]["message"],
        "parts": parts,
        "citations": citations(data, observations),
        "sources": sources(data, observations, "sources", "Each number and its place in print"),
        "checks": tally(check for check in data.checks if check["observation_id"] in about),
        "discrepancies": [row for row in data.discrepancies if row["observation_id"] in about],
    }


def rows_of(data: Data, part: Part) -> tuple[list[Row], list[Row]]:
    """Return the rows of a part, and those of them that charts show.

    Charts show the latest fiscal year, unless the rows are the fiscal years. Each row says whether
    a discrepancy is declared of it.

    Raises:
        UserError: there are no rows.

    """
    rows = data.query(part.sql)
    if not rows:
        raise UserError(f"the warehouse has no rows in {part.mart}: run make build again")
    for row in rows:
        numbers = {value for name, value in row.items() if name.endswith("observation_id")}
        row["is_declared"] = not numbers.isdisjoint(data.declared)
    if next(name for name in COLUMNS if name in rows[0]) == "fiscal_year":
        return rows, rows
    last = max(row["fiscal_year"] for row in rows)
    return rows, [row for row in rows if row["fiscal_year"] == last]


def _part(data: Data, part: Part, text: Any) -> dict[str, Any]:
    """Return the table of a part, its charts, and their text."""
    rows, charted = rows_of(data, part)
    caption = squeezed(getattr(text, f"{part.name}_caption")())
    columns = {name: column for name, column in COLUMNS.items() if name in rows[0]}
    headings = {name: part.labels.get(name, column.label) for name, column in columns.items()}
    cells = [[_cell(data, *column, row) for column in columns.items()] for row in rows]
    return {
        "mart": part.mart,
        "figures": [_figure(name, charted, text) for name in part.charts],
        "table": Table(part.name, caption, headings, cells, mart=part.mart),
        "reading": getattr(text, f"{part.name}_reading")(charted),
        "sql": part.sql,
    }


def _figure(name: str, rows: Sequence[Row], text: Any) -> dict[str, Any]:
    """Draw a chart in both widths, with the text that states its message."""
    title = squeezed(getattr(text, f"{name}_title")(rows))
    message = squeezed(getattr(text, f"{name}_message")(rows))
    description = escape(f"Chart. {title}. {message}")
    chart: Chart = getattr(topic_charts, name)(rows)
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
        decimals = column.decimals if is_derived else observation["decimals"]
    is_text = isinstance(value, str) or name.endswith("fiscal_year")
    return Cell(
        str(value) if is_text else number(value, decimals),
        str(value),
        "" if is_text else "number",
        is_derived,
        f"#{source}" if source else None,
        data.declared_link(source) if source else None,
    )

"""The topics of the report pages, as topics.toml describes them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pages import topic_charts
from pages.charts import Chart
from pages.text import Row


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
    mart: str
    query: str
    columns: dict[str, Column]
    charts: Sequence[Callable[[Sequence[Row]], Chart]]


@dataclass(frozen=True)
class Topic:
    """A page, and the condition on fct_observations for the numbers it is about."""

    name: str
    parts: Sequence[Part]
    observations: str


def _part(
    name: str,
    charts: Sequence[str],
    columns: Sequence[str],
    query: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Part:
    described: dict[str, dict[str, Any]] = {column: _TOML["columns"][column] for column in columns}
    for column, label in (labels or {}).items():
        described[column] = {**described[column], "label": label}
    return Part(
        name,
        f"fct_{name}",
        query or name,
        {column: Column(**values) for column, values in described.items()},
        [getattr(topic_charts, chart) for chart in charts],
    )


_TOML = tomllib.loads(Path(__file__).with_name("topics.toml").read_text(encoding="utf-8"))
TOPICS = [
    Topic(topic["name"], [_part(**part) for part in topic["parts"]], topic["observations"])
    for topic in _TOML["topics"]
]
KEY_FIGURES = [tuple(figure) for figure in _TOML["key_figures"]]

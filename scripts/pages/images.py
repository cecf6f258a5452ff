"""Draw the charts that the README shows, from the warehouse: docs/images/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pages.charts import WIDTHS, palette, svg
from pages.data import Data
from pages.topic_pages import latest, rows_of
from pages.topics import TOPICS
from warehouse.database import connect_read_only

# The first chart of these topics.
SHOWN = ("sentence_by_inducement", "number_of_victims")


def draw(warehouse: Path, output: Path) -> Iterator[Path]:
    """Write one SVG a chart, in light mode on its own ground, and yield their paths.

    Raises:
        UserError: there is no warehouse, or it lacks a table or a column.

    """
    output.mkdir(parents=True, exist_ok=True)
    with connect_read_only(warehouse) as connection:
        data = Data(connection)
        for topic in TOPICS:
            if topic.name in SHOWN:
                part = topic.parts[0]
                chart = part.charts[0](latest(part, rows_of(data, part)))
                path = output / f"{topic.name}.svg"
                drawn = svg(chart, WIDTHS["wide"], palette()["paper"])
                path.write_text(f"{drawn}\n", encoding="utf-8", newline="\n")
                yield path

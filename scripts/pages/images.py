"""Draw the charts that the README shows, from the warehouse: docs/images/."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from pages import charts as site_charts
from warehouse.database import connect_read_only
from warehouse.manifest import read_marts
from warehouse.project import PROJECT
from pages.lineage import Project
from pages.content import Site
from pages.topics import TOPICS
from warehouse.project import UserError

log = logging.getLogger("draw_images")

# The first chart of these topics.
SHOWN = ("sentence_by_inducement", "number_of_victims")


def draw(warehouse: Path, manifest: Path, output: Path) -> list[Path]:
    """Write one SVG a chart, in light mode on its own ground, and return their paths.

    Raises:
        UserError: there is no warehouse or manifest, or the warehouse lacks a table or a column.

    """
    marts = read_marts(manifest)
    output.mkdir(parents=True, exist_ok=True)
    written = []
    with connect_read_only(warehouse) as connection:
        site = Site(connection, marts, Project(manifest), has_documentation=False)
        for topic in TOPICS:
            if topic.name in SHOWN:
                part = topic.parts[0]
                chart = part.charts[0](site.latest(part, site.rows(part)))
                path = output / f"{topic.name}.svg"
                width = site_charts.WIDTHS["wide"]
                ground = site_charts.palette()["paper"]
                path.write_text(
                    site_charts.svg(chart, width, ground) + "\n", encoding="utf-8", newline="\n"
                )
                written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 after an error of the user."""
    logging.basicConfig(level=logging.INFO, format="draw_images: %(message)s")
    parser = argparse.ArgumentParser(prog="draw_images", description=__doc__.splitlines()[0])
    parser.add_argument("--warehouse", type=Path, default=PROJECT / "build" / "warehouse.duckdb")
    parser.add_argument("--output", type=Path, default=PROJECT / "docs" / "images")
    options = parser.parse_args(arguments)
    try:
        written = draw(
            options.warehouse, options.warehouse.with_name("manifest.json"), options.output
        )
    except UserError as error:
        log.error("%s", error)
        return 2
    for path in written:
        log.info("%s", path)
    return 0

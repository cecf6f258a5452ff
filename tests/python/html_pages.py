"""What tests need of the site: its pages as trees, their tables, and a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from pages.commands import server

Pages = dict[str, Element]


def page_files(site: Path) -> list[Path]:
    """Return the files of the pages; dbt's documentation is not one of them."""
    return sorted(path for path in site.glob("**/*.html") if path.parent.name != "dbt")


def read(page: Path) -> Element:
    """Read a page, in which every tag has to be closed in its turn."""
    return ElementTree.parse(page).getroot()


def text(element: Element) -> str:
    """The text that is seen and read aloud, in one line."""
    return " ".join("".join(element.itertext()).split())


@dataclass
class CellRead:
    """A cell: the number or text without marks, the exact value, its link, and whether derived."""

    text: str
    value: str | None
    href: str | None
    is_derived: bool


def cell(element: Element) -> CellRead:
    data = [*element.iter("data")]
    links = [link for link in element.iter("a") if "aria-label" not in link.attrib]
    is_derived = any(text(mark) == "(derived)" for mark in element.iter("span"))
    assert is_derived == ("is-derived" in element.get("class", ""))
    return CellRead(
        text([*data, *links, element][0]),
        data[0].get("value") if data else None,
        links[0].get("href") if links else None,
        is_derived,
    )


def rows(table: Element) -> list[dict[str, CellRead]]:
    """The rows of a table, each by the names of its columns."""
    names = [heading.attrib["data-column"] for heading in table.findall("thead/tr/th")]
    return [dict(zip(names, map(cell, row), strict=True)) for row in table.findall("tbody/tr")]


def table(page: Element, name: str) -> Element:
    """The table of a page that has an id."""
    [found] = page.findall(f".//table[@id='{name}']")
    return found


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """Serve a site, and give its address."""
    with server(site, 0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://{listening.server_address[0]}:{listening.server_port}/"
        finally:
            listening.shutdown()
            thread.join()

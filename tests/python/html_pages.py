"""What tests need of the site: a reader of its pages, and a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from pages.commands import server

VOID = {"meta", "link"}


@dataclass
class Element:
    """An element with its attributes and what it holds, in order."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Element]:
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag in tags or not tags:
                    found.append(child)
                found += child.all(*tags)
        return found

    @property
    def text(self) -> str:
        """The text that is seen and read aloud, in one line."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join("".join(parts).split())


class Reader(HTMLParser):
    """Builds the tree of a page and insists that every tag is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        assert len(element.attributes) == len(attributes), attributes
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            closed = self.open.pop()
            assert closed.tag == tag, f"</{tag}> closes <{closed.tag}> {closed.attributes}"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(page: Path) -> Element:
    """Read a page whole."""
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == [reader.root], f"{page}: {reader.open[-1].tag} is not closed"
    return reader.root


@dataclass
class CellRead:
    """A cell: the number or text without marks, the exact value, its link, and whether derived."""

    text: str
    value: str | None
    href: str | None
    is_derived: bool


def cell(element: Element) -> CellRead:
    data = element.all("data")
    links = [link for link in element.all("a") if "aria-label" not in link.attributes]
    is_derived = any(mark.text == "(derived)" for mark in element.all("span"))
    held = data[0] if data else links[0] if links else element
    assert is_derived == ("is-derived" in element.attributes.get("class", ""))
    return CellRead(
        held.text,
        data[0].attributes["value"] if data else None,
        links[0].attributes["href"] if links else None,
        is_derived,
    )


def rows(table: Element) -> list[dict[str, CellRead]]:
    """The rows of a table, each by the names of its columns."""
    names = [heading.attributes["data-column"] for heading in table.all("thead")[0].all("th")]
    return [
        dict(zip(names, map(cell, row.all("th", "td")), strict=True))
        for row in table.all("tbody")[0].all("tr")
    ]


def table(page: Element, name: str) -> Element:
    """The table of a page that has an id."""
    (found,) = [each for each in page.all("table") if each.attributes["id"] == name]
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

"""Tables of the report pages: headings and cells, which one template writes as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pages.text import number


@dataclass(frozen=True)
class Cell:
    """A cell: what it shows, and of a number or a code the exact value.

    `href` leads to where the number stands in print, `declared` to its discrepancy.
    """

    text: str
    value: str | None = None
    is_number: bool = False
    is_file: bool = False
    is_derived: bool = False
    href: str | None = None
    declared: str | None = None


@dataclass(frozen=True)
class Heading:
    """The heading of a column; `name` is the column of the query."""

    name: str
    label: str
    is_number: bool = False


@dataclass(frozen=True)
class TableRow:
    """A row, with the anchor that leads to it."""

    cells: tuple[Cell, ...]
    id: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption; its first column names the rows."""

    id: str
    caption: str
    headings: tuple[Heading, ...]
    rows: tuple[TableRow, ...]
    marts: tuple[str, ...] = ()


def text_table(
    name: str,
    caption: str,
    headings: Iterable[tuple[str, str]],
    rows: Sequence[Sequence[Cell]],
    ids: Sequence[str] = (),
    marts: tuple[str, ...] = (),
) -> Table:
    """Make a table from finished cells; columns of numbers are found by their cells."""
    kinds = [any(cell.is_number for cell in column) for column in zip(*rows, strict=True)]
    return Table(
        name,
        caption,
        tuple(
            Heading(column, label, is_number)
            for (column, label), is_number in zip(headings, kinds, strict=True)
        ),
        tuple(
            TableRow(tuple(cells), anchor)
            for cells, anchor in zip(rows, ids or [""] * len(rows), strict=True)
        ),
        marts=marts,
    )


def plain(value: Any) -> Cell:
    """Show a value of a mart as it is."""
    if value is None:
        return Cell("")
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Cell(number(value), str(value), is_number=True)
    return Cell(str(value), str(value))

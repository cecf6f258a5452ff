"""Tables of the report pages: headings and cells, which one template writes as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pages.text import number


@dataclass(frozen=True)
class Cell:
    """A cell: what it shows, and the exact value of a number or a code.

    `kind` is `number`, `file` or nothing. `href` leads to where a number stands in print,
    `declared` to its discrepancy.
    """

    text: str
    value: str | None = None
    kind: str = ""
    is_derived: bool = False
    href: str | None = None
    declared: str | None = None


@dataclass(frozen=True)
class Table:
    """A table; its first column names the rows.

    `headings` gives each column's name in the query and its heading, `ids` the rows' anchors.
    """

    id: str
    caption: str
    headings: dict[str, str]
    rows: Sequence[Sequence[Cell]]
    ids: Sequence[str] = ()
    mart: str = ""

    @property
    def numbers(self) -> set[str]:
        """Name the columns that hold numbers."""
        return {
            name
            for row in self.rows
            for name, cell in zip(self.headings, row, strict=True)
            if cell.kind == "number"
        }


def plain(value: Any) -> Cell:
    """Show a value of a mart as it is."""
    if value is None:
        return Cell("")
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Cell(number(value), str(value), "number")
    return Cell(str(value), str(value))

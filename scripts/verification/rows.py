"""The rows of the sheets, and where each stands in the document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from verification.document import Block, Document, Sentence, Span
from verification.words import Words
from warehouse.sheets import CODES, Sheet

# What can account for a token.
NUMBERS = "numbers and wordings"
FRAMES = "labels, years, captions and marks"
EXCLUSIONS = "exclusions"


@dataclass(frozen=True)
class Fault:
    """A cell of a seed that the document contradicts, or a place of the document that no cell has.

    Attributes:
        place: seed file, line and column, or heading and paragraph of the document.
        text: what the seed says and what the document says.

    """

    place: str
    text: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.place}: {self.text}"


def fault(file: str, line: int | str, column: str, keyed: str, printed: str) -> Fault:
    """Return a fault of a cell: what the seed says, and what is said of the document."""
    place = f"{file}, line {line}, column {column}"
    return Fault(place, f'the seed says "{keyed}", the document {printed}')


@dataclass(frozen=True)
class Exhibit:
    """A sheet, and the row of `exhibits.csv` that describes it, with its line."""

    described: dict[str, str]
    sheet: Sheet

    @property
    def reference(self) -> str:
        """How the document cites it, such as `Figure 10`; empty for text."""
        kind, number = self.described["exhibit_type"], self.described["exhibit_number"]
        return f"{kind.capitalize()} {number}" if number else ""

    @property
    def is_of_comparisons(self) -> bool:
        """Whether its rows are comparisons that a text states."""
        return "left_row" in self.sheet.columns


@dataclass
class Row:
    """A row of a sheet, and where its wording and its numbers stand.

    Attributes:
        exhibit: the exhibit.
        line: its line in the file.
        cells: its cells, with the exhibit's where it has none.
        block: the paragraph or the row of a table that it stands in.
        wording: where its wording stands; none if it has none, or not there.
        numbers: column -> where its number stands.

    """

    exhibit: Exhibit
    line: int
    cells: dict[str, str]
    block: Block
    wording: Span | None = None
    numbers: dict[str, Span] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The row's label."""
        return self.cells[self.exhibit.sheet.label]

    @property
    def is_of_table(self) -> bool:
        """Whether it is a row of a table, not part of a text."""
        return not self.cells["paragraph"]

    @property
    def spans(self) -> list[Span]:
        """Where its numbers stand, or else its wording, in the order of print."""
        return sorted(self.numbers.values()) or [span for span in (self.wording,) if span]

    @property
    def sentence(self) -> Sentence:
        """The sentence of its first number, or of its wording."""
        return self.block.sentence(self.spans[0][0])

    @property
    def said(self) -> str:
        """The text of its sentence, or of its row of the table."""
        return self.block.text[self.sentence.start : self.sentence.end]

    def is_also(self, other: Row) -> bool:
        """Return whether another row of the sheet has the same codes for a number of its column."""
        same = all(self.cells.get(code) == other.cells.get(code) for code in CODES)
        return same and bool({*self.numbers} & {*other.numbers})

    def fault(self, column: str, printed: str) -> Fault:
        """Return a fault of a cell, or of a cell of the exhibit that stands for it."""
        path, line = self.exhibit.sheet.path, self.line
        file = f"seeds/{path.parent.name}/{path.name}"
        if not self.exhibit.sheet.rows[line - 2].get(column) and self.exhibit.described.get(column):
            file, line = "seeds/reference/exhibits.csv", int(self.exhibit.described["line"])
        return fault(file, line, column, self.cells.get(column, ""), printed)


def find_rows(
    exhibit: Exhibit, document: Document, words: Words
) -> Iterator[tuple[Row, list[Fault]]]:
    """Find each row of a sheet in the document, account for its numbers, and say what is not there.

    A row whose paragraph the document does not have stands in an empty block.
    """
    positions: dict[int, int] = defaultdict(int)
    for line, keyed in enumerate(exhibit.sheet.rows, start=2):
        cells = {name: value for name, value in exhibit.described.items() if name != "footnote"}
        cells.update({name: value for name, value in keyed.items() if value or name not in cells})
        number = cells["paragraph"] or cells["row_number"]
        at = (cells["heading"], int(number) if number.isdigit() else 0)
        row = Row(exhibit, line, cells, document.at.get(at, Block(at[0], 0, "")))
        if at not in document.at:
            column = "paragraph" if cells["paragraph"] else "row_number"
            yield row, [row.fault(column, f"has no {at[0]}, {number}")]
        elif row.is_of_table != ("\t" in row.block.text):
            found = "paragraphs, not rows of a table" if row.is_of_table else "a table"
            yield row, [row.fault("paragraph", f"has {found} under {at[0]}")]
        elif row.is_of_table:
            yield row, list(_find_in_table(row, document))
        else:
            # A comparison may begin before the numbers of an earlier one: they share a sentence.
            start = 0 if exhibit.is_of_comparisons else positions[id(row.block)]
            faults = list(_find_in_text(row, start, words))
            positions[id(row.block)] = max([start, *(end for _, end in row.spans)])
            yield row, faults


def heading_row(row: Row, document: Document) -> list[str]:
    """Return the headings of the columns of a row's table."""
    heads = (b for b in document.blocks if b.heading == row.block.heading and "\t" in b.text)
    return next(heads).text.split("\t")


def _find_in_table(row: Row, document: Document) -> Iterator[Fault]:
    """Compare a row of a table cell by cell, and its columns with the headings."""
    sheet = row.exhibit.sheet
    columns = [sheet.label, *sheet.numbers]
    headings = [re.sub(r"\W+", "_", head.lower()) for head in heading_row(row, document)]
    if columns not in (headings, ["row_label", *headings[1:]]) and row.line == 2:
        yield row.fault("row_number", f"has the columns {', '.join(headings)}")
    start = 0
    printed = row.block.text.split("\t")
    for column, cell in zip(columns, [*printed, *[""] * len(columns)], strict=False):
        if row.cells[column] != cell:
            yield row.fault(column, f'says "{cell}" in row {row.cells["row_number"]}')
        elif cell:
            span = (start, start + len(cell))
            row.block.account(*span, FRAMES if column == sheet.label else NUMBERS)
            if column != sheet.label:
                row.numbers[column] = span
        start += len(cell) + 1


def _find_in_text(row: Row, start: int, words: Words) -> Iterator[Fault]:
    """Find the wording and the numbers of a row in its paragraph, from a position on."""
    wording, block = row.cells["wording"], row.block
    if wording:
        found = [
            match.span()
            for match in re.finditer(rf"(?<!\w){re.escape(wording)}(?!\w)", block.text)
            if match.start() >= start
        ]
        left = row.cells.get("left_row", "")
        about = [span for span in found if words.mentions(_sentence(block, span), left)]
        row.wording = next(iter(about or found), None)
        if row.wording is None:
            yield row.fault("wording", "does not say that there, in this order")
        else:
            block.account(*row.wording, NUMBERS)
            start = row.wording[0]
    for column in row.exhibit.sheet.numbers:
        if not row.cells[column]:
            continue
        span = _number(block, row.cells[column], start, row.wording)
        if span is None:
            yield row.fault(column, "does not have that there, in this order")
            continue
        block.account(*span, NUMBERS)
        row.numbers[column] = span
        start = max(start, span[1])
    if row.wording and block.sentence(row.wording[0]) != block.sentence(row.spans[0][0]):
        yield row.fault("wording", "says that in another sentence than the number")


def _sentence(block: Block, span: Span) -> str:
    sentence = block.sentence(span[0])
    return block.text[sentence.start : sentence.end]


def _number(block: Block, token: str, start: int, wording: Span | None) -> Span | None:
    """Find a number: within its wording if it is part of it, else after what came before."""
    if wording is not None:
        span = block.find(token, wording[0])
        if span is not None and span[1] <= wording[1]:
            return span
        start = max(start, wording[1])
    return block.find(token, start)

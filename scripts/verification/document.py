"""A document that a report was keyed from, in blocks, and the numeric tokens in it.

The document is plain text with headings marked by `#`, paragraphs between blank lines, tables as
lines with tabs below their caption, and footnote marks as `<sup>40</sup>`. A paragraph that a page
break cuts goes on in the next block, unless a line `</p>` says that it ends. A table without a
caption is named after its heading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

# Words that are numbers, words that gloss one, and words that compare two.
COUNTS = "one two three four five six seven eight nine ten eleven twelve"
WORDS = (
    f"{COUNTS} single double half third thirds"
    " quarter quarters fifth fifths tenth tenths dozen hundred thousand million first second life"
    " majority minority approximately roughly almost twice fewer fewest less least more most longer"
    " longest shorter shortest higher highest lower lowest greater greatest larger largest smaller"
    " smallest increase increased increases decrease decreased decreases compared"
)
DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
FISCAL_YEAR = r"(?:fiscal year|FY) (\d{4})"
TOKEN = re.compile(
    rf"(?P<guideline>§?\d[A-Z]\d\.\d+)|(?P<digits>{DIGITS})"
    rf"|\b(?P<word>{'|'.join(WORDS.split())})\b",
    re.IGNORECASE,
)
CAPTION = re.compile(r"(Figure|Table) (\d+)\. ")
SENTENCE_END = re.compile(r"(?<!\b[A-Z])[.!?][\"”’')]*(?:<sup>(?P<mark>\d+)</sup>)?(?=\s|$)")
BEFORE = re.compile(r"(?:\b(\w+) ?= ?|(\$))$")
BESIDE = tuple(map(re.compile, (r"\s?(%)", r"[-\s](\w+ \w+)", r"[-\s](\w+)")))
PREAMBLE = "(before the first heading)"


Span = tuple[int, int]


@dataclass(frozen=True)
class Sentence:
    """Where a sentence of a block starts and ends, and the footnote mark that closes it."""

    start: int
    end: int
    mark: str


@dataclass
class Block:
    """A paragraph, a table row, a caption or a heading, with its numeric tokens.

    Attributes:
        heading: the heading it stands under; of a table row its table.
        number: the paragraph below the heading or the row of the table, from 1; 0 for others.
        text: its text, page breaks mended; of a table row its cells with tabs between.
        tokens: start and end of each numeric token -> what accounts for it; empty for nothing.

    """

    heading: str
    number: int
    text: str
    tokens: dict[Span, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the tokens."""
        self.tokens = {match.span(): "" for match in TOKEN.finditer(self.text)}

    def sentences(self) -> list[Sentence]:
        """Return its sentences."""
        ends = list(SENTENCE_END.finditer(self.text))
        starts = [0, *(end.end() for end in ends)]
        marks = [end.group("mark") or "" for end in ends]
        return list(map(Sentence, starts, [*starts[1:], len(self.text)], [*marks, ""]))

    def sentence(self, position: int) -> Sentence:
        """Return the sentence at a position."""
        return next(each for each in reversed(self.sentences()) if each.start <= position)

    def account(self, start: int, end: int, by: str) -> None:
        """Account for the tokens within a span, unless something does already."""
        for span in self.open_tokens(start, end):
            self.tokens[span] = by

    def open_tokens(self, start: int, end: int) -> list[Span]:
        """Return the tokens within a span that nothing accounts for."""
        return [
            span
            for span, by in self.tokens.items()
            if not by and start <= span[0] and span[1] <= end
        ]

    def find(self, token: str, start: int) -> Span | None:
        """Find a whole numeric token at or after a position."""
        for span in self.tokens:
            if span[0] >= start and self.text[slice(*span)].lower() == token.lower():
                return span
        return None


def unit_beside(text: str, span: Span, known: Collection[str]) -> tuple[str, Span]:
    """Return the unit beside a number, as printed, and where both stand together.

    It is empty where none of the known ones, in lower case, stands there.
    """
    start, end = span
    if before := BEFORE.search(text[:start]):
        unit = before.group(1) or before.group(2)
        if unit.lower() in known:
            return unit, (before.start(), end)
    for after in BESIDE:
        match = after.match(text, end)
        if match and match.group(1).lower() in known:
            return match.group(1), (start, match.end())
    return "", span


class Document:
    """A document in blocks; `at` finds a paragraph or a table row by its heading and number."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Take the blocks, in the order of print."""
        self.blocks = blocks
        self.at: dict[tuple[str, int], Block] = {}
        for block in blocks:
            if block.number:
                self.at.setdefault((block.heading, block.number), block)

    def account(self, context: str, by: str) -> int:
        """Account for the tokens wherever a text stands; return in how many places it has any."""
        places = 0
        for block in self.blocks:
            for match in re.finditer(re.escape(context), block.text):
                if block.open_tokens(*match.span()):
                    block.account(*match.span(), by)
                    places += 1
        return places

    def copy(self) -> Document:
        """Return the document with nothing accounted for."""
        return Document([Block(block.heading, block.number, block.text) for block in self.blocks])


def read_document(text: str) -> Document:
    """Read a document, and put paragraphs that a page break cuts together."""
    return Document(list(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    heading, table, row = PREAMBLE, "", 0
    paragraphs, tables = Counter[str](), Counter[str]()  # a heading can come again
    open_block: list[str] = []

    def close() -> Iterator[Block]:
        if open_block:
            paragraphs[heading] += 1
            yield Block(heading, paragraphs[heading], " ".join(open_block))
            open_block.clear()

    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        for line in filter(None, map(str.strip, part.split("\n"))):
            caption = CAPTION.match(line)
            if line.startswith("#"):
                yield from close()
                heading, table = line.lstrip("#").strip().strip("*").strip(), ""
                yield Block(heading, 0, heading)
            elif caption:
                yield from close()
                table, row = caption.group()[:-2], -1
                yield Block(table, 0, line)
            elif "\t" in line:
                if not table:
                    yield from close()
                    tables[heading] += 1
                    table, row = f"{heading}, table {tables[heading]}", -1
                row += 1
                yield Block(table, row, line)
            elif line == "</p>":
                yield from close()
            elif re.fullmatch(r"Chapter|\d+", line):
                yield from close()
                yield Block(heading, 0, line)
            else:
                if row >= 0:  # the table before has its rows
                    table = ""
                open_block.append(line)
        if open_block and re.search(r"[.!?)](</?sup>|\d|\W)*$", open_block[-1]):
            yield from close()
    yield from close()

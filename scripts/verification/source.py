"""Compare the raw seeds with the document they were keyed from, both ways.

Forth: every cell of a raw seed stands in the document at its locator, in the order of the print.
Back: every numeric token of the document, in digits or words, is accounted for by a cell, by an
exhibit's number, or by an entry with a reason in `seeds/reference/source_exclusions.csv`.

The document is plain text with headings marked by `#`, paragraphs between blank lines, tables as
lines with tabs below their caption, and footnote marks as `<sup>40</sup>`. A paragraph that a page
break cuts goes on in the next block.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.project import PROJECT, UserError
from warehouse.scaffold import Exhibit, read_csv, read_exhibits
from warehouse.seed_files import check_seed_files

logger = logging.getLogger("verify_source")

# Words that are numbers, and words that gloss one.
WORDS = (
    "one two three four five six seven eight nine ten eleven twelve single double half third thirds"
    " quarter quarters fifth fifths tenth tenths dozen hundred thousand million first second life"
    " majority minority approximately roughly almost fewer longer most least"
)
TOKEN = re.compile(
    r"(?P<guideline>§?\d[A-Z]\d\.\d+)|(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
    rf"|\b(?P<word>{'|'.join(WORDS.split())})\b",
    re.IGNORECASE,
)
CAPTION = re.compile(r"(Figure|Table) (\d+)\. ")
MARK = re.compile(r"<sup>(\d+)</sup>")
# What can account for a token.
NUMBERS = "numbers and wordings"
FRAMES = "labels, years, captions and marks"
EXCLUSIONS = "exclusions"
SENTENCE_END = re.compile(r"[.!?](?:<sup>(?P<mark>\d+)</sup>)?(?=\s|$)")
PREAMBLE = "(before the first heading)"


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
    tokens: dict[tuple[int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the tokens."""
        self.tokens = {match.span(): "" for match in TOKEN.finditer(self.text)}

    def account(self, start: int, end: int, by: str) -> None:
        """Account for the tokens within a span, unless something does already."""
        for span, accounted in self.tokens.items():
            if start <= span[0] and span[1] <= end and not accounted:
                self.tokens[span] = by

    def find(self, token: str, start: int) -> tuple[int, int] | None:
        """Find a whole numeric token at or after a position."""
        for span in self.tokens:
            if span[0] >= start and self.text[span[0] : span[1]].lower() == token.lower():
                return span
        return None


@dataclass(frozen=True)
class Fault:
    """A cell that does not stand in the document, or a token of it that no cell holds."""

    place: str
    text: str

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.place}: {self.text}"


class Document:
    """The document in blocks."""

    def __init__(self, text: str) -> None:
        """Read the text."""
        self.blocks = list(_blocks(text))
        self.at: dict[tuple[str, int], Block] = {}
        for block in self.blocks:
            if block.number:
                self.at.setdefault((block.heading, block.number), block)
        self.headings = {block.heading for block in self.blocks}

    def copy(self) -> Document:
        """Give the document with nothing accounted for."""
        clean = object.__new__(Document)
        clean.blocks = [Block(b.heading, b.number, b.text) for b in self.blocks]
        clean.at = {(b.heading, b.number): b for b in reversed(clean.blocks) if b.number}
        clean.headings = self.headings
        return clean


def _blocks(text: str) -> Iterable[Block]:
    """Cut a document into blocks, with paragraphs that a page break cuts put together."""
    heading, paragraph, table, row = PREAMBLE, 0, "", 0
    open_block: list[str] = []

    def close() -> Iterable[Block]:
        nonlocal paragraph
        if open_block:
            paragraph += 1
            yield Block(heading, paragraph, " ".join(open_block))
            open_block.clear()

    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        for line in (line.strip() for line in part.split("\n")):
            if not line:
                continue
            title = line.lstrip("#").strip().strip("*").strip()
            if line.startswith("#"):
                yield from close()
                heading, paragraph, table = title, 0, ""
                yield Block(heading, 0, title)
            elif CAPTION.match(line):
                yield from close()
                caption = CAPTION.match(line)
                is_table = caption.group(1) == "Table"
                table, row = (f"Table {caption.group(2)}", -1) if is_table else ("", 0)
                yield Block(table or heading, 0, line)
            elif table and "\t" in line:
                row += 1
                yield Block(table, row, line)
            elif re.fullmatch(r"Chapter|\d+", line):
                yield from close()
                yield Block(heading, 0, line)
            else:
                open_block.append(line)
        if open_block and re.search(r"[.!?)](</?sup>|\d|\W)*$", open_block[-1]):
            yield from close()
    yield from close()


def verify(
    exhibits: Iterable[Exhibit], rows: Mapping[str, list[dict[str, str]]], document: Document
) -> list[Fault]:
    """Find every cell in the document, and account for its tokens there.

    Args:
        exhibits: the exhibits of one report.
        rows: raw seed -> its rows.
        document: the document; its tokens are marked as they are accounted for.

    """
    faults: list[Fault] = []
    for exhibit in exhibits:
        positions: dict[int, int] = defaultdict(int)
        for row in rows[exhibit.seed]:
            faults += _verify_row(exhibit, row, document, positions)
    return faults


def _verify_row(
    exhibit: Exhibit, row: dict[str, str], document: Document, positions: dict[int, int]
) -> list[Fault]:
    place = f"{exhibit.exhibit_id}, row {row['row_number']} ({row[exhibit.label]})"
    number = row["row_number"] if exhibit.is_table else row["paragraph"]
    block = document.at.get((row["heading"], int(number) if number.isdigit() else 0))
    if block is None:
        return [Fault(place, f"the document has no {row['heading']}, {number}")]
    faults = []
    start = positions[id(block)]
    inside, last = None, None
    if row["wording"]:
        found = re.search(rf"(?<!\w){re.escape(row['wording'])}(?!\w)", block.text[start:])
        if found is None:
            faults.append(Fault(place, f'"{row["wording"]}" does not stand there in this order'))
        else:
            inside = (start + found.start(), start + found.end())
            block.account(*inside, NUMBERS)
            start = inside[0]
    for column in exhibit.values:
        token = row[column]
        if not token:
            continue
        span = _span(block, token, start, inside)
        if span is None:
            faults.append(
                Fault(f"{place}, column {column}", f'"{token}" does not stand there in this order')
            )
            continue
        block.account(*span, NUMBERS)
        last = span
        start = max(start, span[1])
    if inside:
        start = max(start, inside[1])
    # A comparison may begin before the numbers of an earlier one: they share a sentence.
    if not exhibit.is_comparisons:
        positions[id(block)] = start
    faults += _verify_frame(exhibit, row, block, document, place)
    faults += _verify_sentence(row, block, last, place)
    return faults


def _verify_sentence(
    row: dict[str, str], block: Block, last: tuple[int, int] | None, place: str
) -> list[Fault]:
    """Check the mark that closes the sentence of a number, and what a comparison is about."""
    faults = []
    closing = SENTENCE_END.search(block.text, last[1]) if last else None
    mark = closing.group("mark") if closing else None
    if mark and row["footnote"] != mark:
        faults.append(Fault(f"{place}, column footnote", f"its sentence ends with the mark {mark}"))
    # Words are inflected: the beginning of the first one has to do.
    about = row.get("left_row", "").lower()[:6].strip()
    if about not in block.text.lower():
        faults.append(Fault(f"{place}, column left_row", f'nothing there begins with "{about}"'))
    return faults


def _span(
    block: Block, token: str, start: int, inside: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Find a number: within its wording if it is part of it, else after what came before."""
    if inside is not None:
        span = block.find(token, inside[0])
        if span is not None and span[1] <= inside[1]:
            return span
        start = max(start, inside[1])
    return block.find(token, start)


def _verify_frame(
    exhibit: Exhibit, row: dict[str, str], block: Block, document: Document, place: str
) -> list[Fault]:
    """Check label, fiscal year and footnote mark of a row."""
    faults = []
    label = row[exhibit.label]
    if exhibit.is_table and block.text.split("\t")[0] != label:
        faults.append(Fault(place, f'the printed label is "{block.text.split(chr(9))[0]}"'))
    for token in TOKEN.finditer(label):
        for span, accounted in block.tokens.items():
            if not accounted and block.text[slice(*span)].lower() == token.group().lower():
                block.account(*span, FRAMES)
                break
    year = row["fiscal_year"]
    blocks = [b for b in document.blocks if b.heading == block.heading or b is block]
    # The caption of the exhibit itself, and those of the exhibits that the section cites.
    cited = {match.group() for b in blocks for match in re.finditer(r"(Figure|Table) \d+", b.text)}
    captions = [
        b
        for b in document.blocks
        if (caption := CAPTION.match(b.text))
        and (caption.group() == exhibit.caption or caption.group()[:-2] in cited)
    ]
    printed = [
        (b, match)
        for b in [*blocks, *captions]
        for match in re.finditer(r"fiscal year (\d{4})", b.text, re.IGNORECASE)
    ]
    if year not in {match.group(1) for _, match in printed}:
        faults.append(Fault(f"{place}, column fiscal_year", f"no fiscal year {year} is printed"))
    for b, match in printed:
        if match.group(1) == year:
            b.account(*match.span(1), FRAMES)
    for b in captions:
        b.account(*CAPTION.match(b.text).span(), FRAMES)
    mark = row["footnote"]
    if mark:
        found = [match for match in MARK.finditer(block.text) if match.group(1) == mark]
        if not found:
            faults.append(Fault(f"{place}, column footnote", f"there is no footnote mark {mark}"))
        for match in found:
            block.account(*match.span(), FRAMES)
    return faults


def unaccounted(
    document: Document, exhibits: Iterable[Exhibit], exclusions: Iterable[dict[str, str]]
) -> list[Fault]:
    """Find the tokens that nothing accounts for, and the exclusions that exclude nothing."""
    references = {exhibit.caption.rstrip(". ") for exhibit in exhibits if exhibit.caption}
    for block in document.blocks:
        for reference in references:
            for match in re.finditer(rf"{re.escape(reference)}\b", block.text):
                block.account(*match.span(), FRAMES)
    faults = []
    for entry in exclusions:
        place = f"source_exclusions.csv, {entry['context']}"
        left = int(entry["occurrences"])
        for block in document.blocks:
            for match in re.finditer(re.escape(entry["context"]), block.text):
                open_spans = [
                    span
                    for span, accounted in block.tokens.items()
                    if not accounted and match.start() <= span[0] and span[1] <= match.end()
                ]
                if open_spans:
                    block.account(*match.span(), EXCLUSIONS)
                    left -= 1
        if left:
            faults.append(
                Fault(
                    place,
                    f"excludes {int(entry['occurrences']) - left} tokens, expected"
                    f" {entry['occurrences']}",
                )
            )
    for block in document.blocks:
        for span, accounted in block.tokens.items():
            if not accounted:
                around = block.text[max(0, span[0] - 40) : span[1] + 40]
                place = f"{block.heading}, {block.number or 'heading or caption'}"
                token = block.text[slice(*span)]
                faults.append(Fault(place, f'no cell holds "{token}" in "...{around}..."'))
    return faults


def read_rows(project: Path, exhibits: Iterable[Exhibit]) -> dict[str, list[dict[str, str]]]:
    """Read the raw seeds: name -> rows."""
    return {
        exhibit.seed: read_csv(project / "seeds" / exhibit.report_id / f"{exhibit.seed}.csv")
        for exhibit in exhibits
    }


def read_reference(project: Path, name: str) -> list[dict[str, str]]:
    """Read a reference seed."""
    return read_csv(project / "seeds" / "reference" / f"{name}.csv")


def read_exclusions(project: Path, report_id: str) -> list[dict[str, str]]:
    """Read the exclusions of a report."""
    entries = read_reference(project, "source_exclusions")
    return [entry for entry in entries if entry["report_id"] == report_id]


def find_report(project: Path, source: Path) -> tuple[str, Document]:
    """Read a document and find the report that it is, by its SHA-256.

    Raises:
        UserError: there is no such document, or no report was keyed from it.

    """
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the document {source}: {error.strerror}") from error
    digest = hashlib.sha256(content).hexdigest()
    for report in read_reference(project, "reports"):
        if report["source_sha256"] == digest:
            return report["report_id"], Document(content.decode("utf-8"))
    raise UserError(f"no report was keyed from {source}: its SHA-256 is {digest}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 0: all verified, 1: faults, 2: bad input."""
    parser = argparse.ArgumentParser(prog="verify_source", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?", help="the document")
    parser.add_argument("--project", type=Path, default=PROJECT, help="folder of the project")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        if options.source is None:
            raise UserError("nothing is verified without the document: give SOURCE=<file>")
        damaged = check_seed_files(options.project)
        if damaged:
            raise UserError(damaged[0])
        report_id, document = find_report(options.project, options.source)
        exhibits = [e for e in read_exhibits(options.project) if e.report_id == report_id]
        rows = read_rows(options.project, exhibits)
        exclusions = read_exclusions(options.project, report_id)
    except UserError as error:
        logger.error("verify_source: %s", error)
        return 2
    forth = verify(exhibits, rows, document)
    back = unaccounted(document, exhibits, exclusions)
    held = Counter(by for block in document.blocks for by in block.tokens.values())
    for fault in [*forth, *back]:
        logger.error("%s", fault)
    cells = sum(bool(row[c]) for e in exhibits for row in rows[e.seed] for c in e.values)
    wordings = sum(bool(row["wording"]) for e in exhibits for row in rows[e.seed])
    wrong = len(forth)
    sys.stdout.write(
        f"{report_id}: the document's SHA-256 is the recorded one\n"
        f"seeds to document: {cells} numbers and {wordings} wordings, {wrong} faults\n"
        f"document to seeds: {held.total()} numeric tokens, "
        + ", ".join(f"{held[by]} held by {by}" for by in (NUMBERS, FRAMES, EXCLUSIONS))
        + f", {held['']} by none\n"
    )
    return 1 if forth or back else 0

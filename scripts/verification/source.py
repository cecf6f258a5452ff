"""Compare the sheets with the document they were keyed from, both ways.

Forth: every cell of a sheet stands in the document at its locator, in the order of the print.
Back: every numeric token of the document, in digits or words, is accounted for by a cell, by an
exhibit's number, or by an entry with a reason in `seeds/reference/source_exclusions.csv`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from verification.document import CAPTION, TOKEN, Block, Document, read_document
from warehouse.project import UserError
from warehouse.scaffold import read_exhibits as read_described_sheets
from warehouse.seed_files import check_seed_files
from warehouse.sheets import Sheet, read_csv

MARK = re.compile(r"<sup>(\d+)</sup>")
SENTENCE_END = re.compile(r"[.!?](?:<sup>(?P<mark>\d+)</sup>)?(?=\s|$)")
# What can account for a token.
NUMBERS = "numbers and wordings"
FRAMES = "labels, years, captions and marks"
EXCLUSIONS = "exclusions"


@dataclass(frozen=True)
class Exhibit:
    """A sheet, and the row of `exhibits.csv` that describes it."""

    described: dict[str, str]
    sheet: Sheet

    @property
    def caption(self) -> str:
        """How its printed caption begins, such as `Figure 10. `; empty for text."""
        kind, number = self.described["exhibit_type"], self.described["exhibit_number"]
        return f"{kind.capitalize()} {number}. " if number else ""

    @property
    def is_table(self) -> bool:
        """Whether it is a printed table, whose rows are its places."""
        return self.described["exhibit_type"] == "table"

    def rows(self) -> Iterator[dict[str, str]]:
        """Return the rows, with the exhibit's fiscal year and heading where they have none."""
        for row in self.sheet.rows:
            framed = {
                name: row.get(name) or self.described[name] for name in ("fiscal_year", "heading")
            }
            yield {"left_row": "", **row, **framed, "label": row[self.sheet.label]}


@dataclass(frozen=True)
class Fault:
    """A cell that does not stand in the document, or a token of it that no cell holds."""

    place: str
    text: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.place}: {self.text}"


@dataclass(frozen=True)
class Report:
    """A report with the document that it was keyed from."""

    report_id: str
    document: Document
    exhibits: Sequence[Exhibit]
    exclusions: Sequence[dict[str, str]]


@dataclass(frozen=True)
class Verified:
    """What was compared: faults of the sheets, and of the document, and the lines that count."""

    forth: list[Fault]
    back: list[Fault]
    summary: list[str]


def read_exhibits(project: Path) -> list[Exhibit]:
    """Read the exhibits of all reports."""
    return [Exhibit(described, sheet) for described, sheet in read_described_sheets(project)]


def read_report(project: Path, source: Path) -> Report:
    """Read a document and the report that was keyed from it, which its SHA-256 tells.

    Raises:
        UserError: a seed file is faulty, there is no such document, or no report was keyed from it.

    """
    for fault in check_seed_files(project):
        raise UserError(fault)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the document {source}: {error.strerror}") from error
    digest = hashlib.sha256(content).hexdigest()
    reference = project / "seeds" / "reference"
    for row in read_csv(reference / "reports.csv"):
        if row["source_sha256"] == digest:
            report_id = row["report_id"]
            exclusions = read_csv(reference / "source_exclusions.csv")
            return Report(
                report_id,
                read_document(content.decode("utf-8")),
                [e for e in read_exhibits(project) if e.sheet.report_id == report_id],
                [entry for entry in exclusions if entry["report_id"] == report_id],
            )
    raise UserError(f"no report was keyed from {source}: its SHA-256 is {digest}")


def verify(report: Report) -> Verified:
    """Compare the sheets of a report with its document, whose tokens are marked on the way."""
    document, exhibits = report.document, report.exhibits
    forth = [fault for exhibit in exhibits for fault in verify_exhibit(exhibit, document)]
    back = list(unaccounted(document, exhibits, report.exclusions))
    held = Counter(by for block in document.blocks for by in block.tokens.values())
    sheets = [exhibit.sheet for exhibit in exhibits]
    numbers = sum(bool(row[name]) for each in sheets for row in each.rows for name in each.numbers)
    wordings = sum(bool(row["wording"]) for each in sheets for row in each.rows)
    by = ", ".join(f"{held[name]} held by {name}" for name in (NUMBERS, FRAMES, EXCLUSIONS))
    summary = [
        f"{report.report_id}: the document's SHA-256 is the recorded one",
        f"seeds to document: {numbers} numbers and {wordings} wordings, {len(forth)} faults",
        f"document to seeds: {held.total()} numeric tokens, {by}, {held['']} by none",
    ]
    return Verified(forth, back, summary)


# Forth


def verify_exhibit(exhibit: Exhibit, document: Document) -> Iterator[Fault]:
    """Find every cell of a sheet in the document, and account for its tokens there."""
    positions: dict[int, int] = defaultdict(int)
    for row in exhibit.rows():
        place = f"{exhibit.sheet.exhibit_id}, row {row['row_number']} ({row['label']})"
        number = row["row_number"] if exhibit.is_table else row["paragraph"]
        block = document.at.get((row["heading"], int(number) if number.isdigit() else 0))
        if block is None:
            yield Fault(place, f"the document has no {row['heading']}, {number}")
            continue
        end, last, faults = _verify_cells(exhibit.sheet, row, block, positions[id(block)], place)
        yield from faults
        # A comparison may begin before the numbers of an earlier one: they share a sentence.
        if "left_row" not in exhibit.sheet.columns:
            positions[id(block)] = end
        yield from _verify_frame(exhibit, row, block, document, place)
        yield from _verify_sentence(row, block, last, place)


def _verify_cells(
    sheet: Sheet, row: dict[str, str], block: Block, start: int, place: str
) -> tuple[int, int | None, list[Fault]]:
    """Find the wording and the numbers of a row in its block, from a position on.

    Returns:
        Where they end, where the last number ends, if there is one, and the faults.

    """
    faults = []
    inside, last = None, None
    if row["wording"]:
        found = re.search(rf"(?<!\w){re.escape(row['wording'])}(?!\w)", block.text[start:])
        if found is None:
            faults.append(Fault(place, f'"{row["wording"]}" does not stand there in this order'))
        else:
            inside = (start + found.start(), start + found.end())
            block.account(*inside, NUMBERS)
            start = inside[0]
    for column in sheet.numbers:
        if not row[column]:
            continue
        span = _span(block, row[column], start, inside)
        if span is None:
            text = f'"{row[column]}" does not stand there in this order'
            faults.append(Fault(f"{place}, column {column}", text))
            continue
        block.account(*span, NUMBERS)
        last = span[1]
        start = max(start, last)
    return max(start, inside[1] if inside else 0), last, faults


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


def _verify_sentence(
    row: dict[str, str], block: Block, last: int | None, place: str
) -> Iterator[Fault]:
    """Check the mark that closes the sentence of a number, and what a comparison is about."""
    closing = SENTENCE_END.search(block.text, last) if last is not None else None
    mark = closing.group("mark") if closing else None
    if mark and row["footnote"] != mark:
        yield Fault(f"{place}, column footnote", f"its sentence ends with the mark {mark}")
    # Words are inflected: the beginning of the first one has to do.
    about = row["left_row"].lower()[:6].strip()
    if about not in block.text.lower():
        yield Fault(f"{place}, column left_row", f'nothing there begins with "{about}"')


def _verify_frame(
    exhibit: Exhibit, row: dict[str, str], block: Block, document: Document, place: str
) -> Iterator[Fault]:
    """Check label, fiscal year and footnote mark of a row."""
    label, year, mark = row["label"], row["fiscal_year"], row["footnote"]
    printed_label = block.text.split("\t")[0]
    if exhibit.is_table and printed_label != label:
        yield Fault(place, f'the printed label is "{printed_label}"')
    for token in TOKEN.finditer(label):
        for span in block.open_tokens(0, len(block.text)):
            if block.text[slice(*span)].lower() == token.group().lower():
                block.account(*span, FRAMES)
                break
    blocks = [b for b in document.blocks if b.heading == block.heading or b is block]
    # The caption of the exhibit itself, and those of the exhibits that the section cites.
    cited = {match.group() for b in blocks for match in re.finditer(r"(Figure|Table) \d+", b.text)}
    captions = [
        (b, caption)
        for b in document.blocks
        if (caption := CAPTION.match(b.text))
        and (caption.group() == exhibit.caption or caption.group()[:-2] in cited)
    ]
    years = [
        (b, match)
        for b in [*blocks, *(b for b, _ in captions)]
        for match in re.finditer(r"fiscal year (\d{4})", b.text, re.IGNORECASE)
        if match.group(1) == year
    ]
    if not years:
        yield Fault(f"{place}, column fiscal_year", f"no fiscal year {year} is printed")
    for b, match in years:
        b.account(*match.span(1), FRAMES)
    for b, caption in captions:
        b.account(*caption.span(), FRAMES)
    marks = [match for match in MARK.finditer(block.text) if match.group(1) == mark]
    if mark and not marks:
        yield Fault(f"{place}, column footnote", f"there is no footnote mark {mark}")
    for match in marks:
        block.account(*match.span(), FRAMES)


# Back


def unaccounted(
    document: Document, exhibits: Iterable[Exhibit], exclusions: Iterable[dict[str, str]]
) -> Iterator[Fault]:
    """Find the tokens that nothing accounts for, and the exclusions that exclude nothing."""
    references = {exhibit.caption.rstrip(". ") for exhibit in exhibits if exhibit.caption}
    for block in document.blocks:
        for reference in references:
            for match in re.finditer(rf"{re.escape(reference)}\b", block.text):
                block.account(*match.span(), FRAMES)
    for entry in exclusions:
        excluded = 0
        for block in document.blocks:
            for match in re.finditer(re.escape(entry["context"]), block.text):
                if block.open_tokens(*match.span()):
                    block.account(*match.span(), EXCLUSIONS)
                    excluded += 1
        if excluded != int(entry["occurrences"]):
            yield Fault(
                f"source_exclusions.csv, {entry['context']}",
                f"excludes {excluded} tokens, expected {entry['occurrences']}",
            )
    for block in document.blocks:
        for span in block.open_tokens(0, len(block.text)):
            around = block.text[max(0, span[0] - 40) : span[1] + 40]
            place = f"{block.heading}, {block.number or 'heading or caption'}"
            yield Fault(place, f'no cell holds "{block.text[slice(*span)]}" in "...{around}..."')

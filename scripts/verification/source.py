"""Compare the seeds with the document that the sheets were keyed from, both ways.

Forth: every cell of a sheet stands in the document at its locator, in the order of the print, and
what stands around it says what the seeds say that it is: unit, measure, label, category, year and
footnote mark. Back: every numeric token of the document, in digits or words, and every comparison
is accounted for by a cell, by an exhibit's caption, or by an entry with a reason in
`seeds/reference/source_exclusions.csv`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from keying.reading import read_text
from verification.document import CAPTION, Document, read_document
from verification.frame import YEAR, Codes, check_row
from verification.rows import EXCLUSIONS, FRAMES, NUMBERS, Exhibit, Fault, Row, fault, find_rows
from verification.stated import check_comparisons
from verification.words import Words
from warehouse.project import UserError, sha256
from warehouse.scaffold import read_exhibits as read_described_sheets
from warehouse.seed_files import check_seed_files
from warehouse.sheets import read_csv


@dataclass(frozen=True)
class Report:
    """A report with the document that it was keyed from; `described` is its row of `reports`."""

    described: dict[str, str]
    document: Document
    exhibits: Sequence[Exhibit]
    exclusions: Sequence[dict[str, str]]
    codes: Codes


@dataclass(frozen=True)
class Verified:
    """What was compared: the faults, and the lines that count."""

    faults: list[Fault]
    summary: list[str]


def read_exhibits(project: Path) -> list[Exhibit]:
    """Read the exhibits of all reports."""
    described = read_described_sheets(project)
    return [
        Exhibit({**row, "line": str(line)}, sheet)
        for line, (row, sheet) in enumerate(described, start=2)
    ]


def read_reports(project: Path, source: Path) -> list[Report]:
    """Read a document, or those of a folder, and the reports that were keyed from them.

    The SHA-256 of a document tells its report. In a folder, there is one for each report.

    Raises:
        UserError: a seed file is faulty, a document is missing, or no report was keyed from it.

    """
    for wrong in check_seed_files(project):
        raise UserError(wrong)
    try:
        files = sorted(filter(Path.is_file, source.iterdir())) if source.is_dir() else [source]
        documents = {sha256(path): path for path in files}
    except OSError as error:
        raise UserError(f"cannot read {error.filename}: {error.strerror}") from error
    described, codes = _read(project, "reports"), _read_codes(project)
    exhibits, exclusions = read_exhibits(project), _read(project, "source_exclusions")
    keyed = [row for row in described if row["source_sha256"] in documents]
    if not keyed and not source.is_dir():
        raise UserError(
            f"no report was keyed from {source}: its SHA-256 is {next(iter(documents))}"
        )
    for row in described if source.is_dir() else []:
        if row not in keyed:
            raise UserError(f"{source} has no document of {row['report_id']} with its SHA-256")
    return [
        Report(
            row,
            read_document(read_text(documents[row["source_sha256"]])),
            [each for each in exhibits if each.sheet.report_id == row["report_id"]],
            [each for each in exclusions if each["report_id"] == row["report_id"]],
            codes,
        )
        for row in keyed
    ]


def _read(project: Path, seed: str) -> list[dict[str, str]]:
    rows = read_csv(project / "seeds" / "reference" / f"{seed}.csv")
    return [{**row, "line": str(line)} for line, row in enumerate(rows, start=2)]


def _read_codes(project: Path) -> Codes:
    units = defaultdict(set)
    for row in _read(project, "measure_units"):
        units[row["measure_id"]].add(row["printed_unit"].lower())
    return Codes(
        Words(_read(project, "label_words")),
        {f"{r['classification_id']}.{r['category_id']}": r for r in _read(project, "categories")},
        {row["measure_id"]: row for row in _read(project, "measures")},
        units,
        {(row["exhibit_id"], row["column_name"]): row for row in _read(project, "exhibit_columns")},
    )


def verify(report: Report) -> Verified:
    """Compare the seeds of a report with its document."""
    document = report.document.copy()
    rows, forth = [], []
    for exhibit in report.exhibits:
        for row, faults in find_rows(exhibit, document, report.codes.words):
            forth += faults
            rows += [row] if row.spans else []
    forth += _check_frames(report, rows, document)
    back = list(_check_captions(report, rows, document))
    back += _unaccounted(document, report.exclusions)
    held = Counter(by for block in document.blocks for by in block.tokens.values())
    numbers = sum(len(row.numbers) for row in rows)
    wordings = sum(row.wording is not None for row in rows)
    by = ", ".join(f"{held[name]} held by {name}" for name in (NUMBERS, FRAMES, EXCLUSIONS))
    summary = [
        f"{report.described['report_id']}: the document's SHA-256 is the recorded one",
        f"seeds to document: {numbers} numbers and {wordings} wordings, {len(forth)} faults",
        f"document to seeds: {held.total()} numeric tokens, {by}, {held['']} by none",
    ]
    return Verified([*forth, *back], summary)


def _check_frames(report: Report, rows: Sequence[Row], document: Document) -> Iterator[Fault]:
    """Check what stands around the numbers of all rows."""
    of_block = defaultdict(list)
    for row in rows:
        of_block[id(row.block)].append(row)
    for row in rows:
        yield from check_row(row, of_block[id(row.block)], report.codes, document)
    exhibits = {exhibit.sheet.exhibit_id: exhibit for exhibit in report.exhibits}
    comparisons = [row for row in rows if row.exhibit.is_of_comparisons]
    yield from check_comparisons(comparisons, exhibits, report.codes)


def _check_captions(report: Report, rows: Sequence[Row], document: Document) -> Iterator[Fault]:
    """Check the title of the report, and number, title and year of each caption."""
    top, title = document.blocks[0], report.described["title"]
    if report.codes.words.missing(title, top.text):
        line = report.described["line"]
        yield fault("seeds/reference/reports.csv", line, "title", title, f'is headed "{top.text}"')
    for start, end in top.open_tokens(0, len(top.text)):
        if re.search(rf"\b{re.escape(top.text[start:end])}\b", title):
            top.account(start, end, FRAMES)
    for exhibit in report.exhibits:
        for column, printed in _of_caption(exhibit, rows, document):
            line, keyed = exhibit.described["line"], exhibit.described[column]
            yield fault("seeds/reference/exhibits.csv", line, column, keyed, printed)


def _of_caption(
    exhibit: Exhibit, rows: Sequence[Row], document: Document
) -> Iterator[tuple[str, str]]:
    """Say which columns of `exhibits` the caption of an exhibit contradicts, and how."""
    kind, reference = exhibit.described["exhibit_type"], exhibit.reference
    if exhibit.is_of_comparisons != (kind == "comparisons"):
        yield "exhibit_type", "compares numbers in the rows of comparisons only"
    if bool(reference) != (kind in ("figure", "table")):
        yield "exhibit_number", "numbers its figures and tables, and nothing else"
    if not reference:
        return
    captions = [b for b in document.blocks if CAPTION.match(b.text) and b.heading == reference]
    if not captions:
        yield "exhibit_number", f"has no {reference}"
        return
    caption = captions[0]
    text = caption.text[len(reference) + 2 :].replace("*", "")
    year = YEAR.search(text)
    title = text[: year.start() if year else None].strip()
    if title != exhibit.described["title"]:
        yield "title", f'has the caption "{title}"'
    if year and year.group(1) != exhibit.described["fiscal_year"]:
        yield "fiscal_year", f'has "{year.group()}" in the caption'
    own = {row.block.heading for row in rows if row.exhibit is exhibit}
    cites = re.compile(rf"{reference}\b")
    for block in document.blocks:
        for match in cites.finditer(block.text):
            block.account(*match.span(), FRAMES)
            own.discard(block.heading)
    for heading in own:
        yield "exhibit_number", f"does not cite {reference} in {heading}"


def _unaccounted(document: Document, exclusions: Iterable[dict[str, str]]) -> Iterator[Fault]:
    """Find the tokens that nothing accounts for, and the exclusions that exclude nothing."""
    for entry in exclusions:
        excluded = document.account(entry["context"], EXCLUSIONS)
        if str(excluded) != entry["occurrences"]:
            file, line = "seeds/reference/source_exclusions.csv", entry["line"]
            printed = f'has {excluded} such places with "{entry["context"]}"'
            yield fault(file, line, "occurrences", entry["occurrences"], printed)
    for block in document.blocks:
        for span in block.open_tokens(0, len(block.text)):
            around = block.text[max(0, span[0] - 40) : span[1] + 40]
            place = f"the document, {block.heading}, {block.number or 'heading or caption'}"
            yield Fault(place, f'no cell holds "{block.text[slice(*span)]}" in "...{around}..."')

"""Every single-cell keying error that can be made in a sheet."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from verification.source import Exhibit
from warehouse.sheets import CODES, COMPARISON, Sheet

NUMBER_WORDS = {"one": ("two",), "two": ("one", "three"), "ten": ("nine",), "life": ()}

# Kind of error -> what it is, in the order of the report.
KINDS = {
    "last digit": "the last digit one up or down",
    "other digit": "another digit one up or down",
    "digits exchanged": "two adjacent digits exchanged",
    "decimal point": "the decimal point moved by one place",
    "value deleted": "a cell left empty",
    "value exchanged": "a value exchanged with the next row's",
    "row deleted": "a row left out",
    "row duplicated": "a row keyed twice",
    "label replaced": "a row label replaced by another of the exhibit's",
    "base replaced": "a population replaced by another",
    "code replaced": "a category or measure replaced by another of the report's",
}
# Which cell -> what it is.
CELLS = {
    "number": "printed numbers",
    "year": "fiscal years",
    "label": "rows, labels and bases",
    "code": "codes",
    "locator": "locators, footnote marks, units and wordings",
}
YEARS = ("fiscal_year", "reference_fiscal_year")
COUNTED = (*YEARS, "row_number", "paragraph", "footnote")  # beside the columns of numbers
EXCHANGED = (*YEARS, "wording", "footnote", "paragraph")  # beside labels and numbers


@dataclass(frozen=True)
class Mutant:
    """One keying error.

    Attributes:
        exhibit_id: the exhibit whose sheet it is in.
        kind: one of KINDS.
        cell: one of CELLS.
        row: index of the row, from 0.
        column: the column; empty for a whole row.
        before: what the cell says.
        after: what it says after the error.

    """

    exhibit_id: str
    kind: str
    cell: str
    row: int
    column: str
    before: str
    after: str

    def apply(self, sheet: Sheet) -> Sheet:
        """Return the sheet with the error in it, with the column if the sheet has none yet."""
        columns, rows = sheet.columns, [dict(row) for row in sheet.rows]
        if self.kind == "row deleted":
            del rows[self.row]
        elif self.kind == "row duplicated":
            rows.insert(self.row, dict(rows[self.row]))
        else:
            if self.column not in columns:
                codes = [name for name in CODES if name in (*columns, self.column)]
                others = [name for name in columns[2:] if name not in CODES]
                columns = (*columns[:2], *codes, *others)
                rows = [{**row, self.column: ""} for row in rows]
            rows[self.row][self.column] = self.after
            if self.kind == "value exchanged":
                rows[self.row + 1][self.column] = self.before
        return replace(sheet, columns=columns, rows=tuple(rows))


def write_sheet(sheet: Sheet, path: Path) -> None:
    """Write a sheet as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sheet.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sheet.rows)


def mutants_of(exhibits: Sequence[Exhibit]) -> Iterator[Mutant]:
    """Return every error in the sheets of a report."""
    codes = _codes(exhibits)
    for exhibit in exhibits:
        for index in range(len(exhibit.sheet.rows)):
            yield from _of_row(exhibit, index, codes)


def digit_errors(value: str) -> Iterator[tuple[str, str]]:
    """Return the errors in the digits of a cell: kind, and what it says then."""
    for after in NUMBER_WORDS.get(value, ()):
        yield "last digit", after
    places = [index for index, character in enumerate(value) if character.isdigit()]
    for place in reversed(places):
        kind = "last digit" if place == places[-1] else "other digit"
        for digit in (int(value[place]) - 1, int(value[place]) + 1):
            if 0 <= digit <= 9:
                yield kind, value[:place] + str(digit) + value[place + 1 :]
    for one, other in itertools.pairwise(places):
        swapped = list(value)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield "digits exchanged", "".join(swapped)
    if places:
        digits = value.replace(".", "").replace(",", "")
        point = len(value.partition(".")[0].replace(",", ""))
        for moved in (point - 1, point + 1):
            if 0 < moved < len(digits):
                yield "decimal point", f"{digits[:moved]}.{digits[moved:]}"
            elif moved == len(digits):
                yield "decimal point", digits


def _codes(exhibits: Sequence[Exhibit]) -> dict[str, list[str]]:
    """Return the codes that a report uses, by the column that they stand in."""
    rows = [row for exhibit in exhibits for row in exhibit.sheet.rows]
    rows += [{"population_id": exhibit.described["population_id"]} for exhibit in exhibits]
    names = ("population_id", "category_key", "measure_id")
    return {name: sorted({row.get(name, "") for row in rows} - {""}) for name in names}


def _of_row(exhibit: Exhibit, index: int, codes: Mapping[str, list[str]]) -> Iterator[Mutant]:
    sheet = exhibit.sheet
    row = sheet.rows[index]
    following = sheet.rows[index + 1] if index + 1 < len(sheet.rows) else {}

    def mutant(kind: str, column: str, after: str) -> Mutant:
        before = row.get(column or sheet.label, "")
        cell = _cell(sheet, column)
        return Mutant(sheet.exhibit_id, kind, cell, index, column, before, after)

    for column, value in row.items():
        for kind, after in _of_cell(sheet, column, value, following.get(column, "")):
            yield mutant(kind, column, after)
    for column in (sheet.label, "left_row", "right_row"):
        if row.get(column):
            for label in _labels(sheet, column):
                if label != row[column]:
                    yield mutant("label replaced", column, label)
    # The codes of a row without a number say nothing.
    if any(row[name] for name in sheet.numbers):
        for column, after in _other_codes(exhibit, row, codes):
            yield mutant(
                "base replaced" if column == "population_id" else "code replaced", column, after
            )
    for kind in ("row deleted", "row duplicated"):
        yield mutant(kind, "", "")


def _of_cell(sheet: Sheet, column: str, value: str, following: str) -> Iterator[tuple[str, str]]:
    """Return the errors of one cell, each once: kind, and what it says then."""
    if column == sheet.label:
        if following:
            yield "value exchanged", following
        return
    if not value:
        return
    seen = {value}
    for kind, after in digit_errors(value) if column in (*sheet.numbers, *COUNTED) else ():
        if after not in seen:
            seen.add(after)
            yield kind, after
    if column not in COMPARISON:
        yield "value deleted", ""
    if column in (*sheet.numbers, *EXCHANGED) and following and following not in seen:
        yield "value exchanged", following


def _labels(sheet: Sheet, column: str) -> list[str]:
    columns = (column,) if column == sheet.label else ("left_row", "right_row")
    return list(dict.fromkeys(row[name] for row in sheet.rows for name in columns if row[name]))


def _other_codes(
    exhibit: Exhibit, row: Mapping[str, str], codes: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    """Return the other codes that a row could have: column and code.

    An empty population is the exhibit's, an empty category the whole population; an empty measure
    is that of the columns.
    """
    population = row.get("population_id") or exhibit.described["population_id"]
    key, measure = row.get("category_key", ""), row.get("measure_id", "")
    reference = row.get("reference_category_id", "")
    classification = key.partition(".")[0]
    in_classification = [
        category for category in codes["category_key"] if category.startswith(f"{classification}.")
    ]
    known = {
        "population_id": (population, codes["population_id"]),
        "category_key": (key, codes["category_key"]),
        "measure_id": (measure, codes["measure_id"] if measure else []),
        "reference_category_id": (
            reference,
            [category.partition(".")[2] for category in in_classification] if reference else [],
        ),
    }
    for column, (own, all_codes) in known.items():
        for code in all_codes:
            if code != own:
                yield column, code


def _cell(sheet: Sheet, column: str) -> str:
    if column in sheet.numbers:
        return "number"
    if column in YEARS:
        return "year"
    if column in ("", "row_number", "population_id", sheet.label, *COMPARISON):
        return "label"
    return "code" if column in CODES else "locator"

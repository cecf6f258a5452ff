"""Single keying errors: every one in the sheets, and some in each cell of the reference seeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from verification.rows import Exhibit
from warehouse.seed_files import BASES
from warehouse.sheets import CLOSING, CODES, COMPARISON, Sheet, read_csv

NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

# Kind of error -> what it is, in the order of the report.
KINDS = {
    "last digit": "the last digit replaced by any other",
    "other digit": "another digit replaced by any other",
    "digit inserted": "any digit put in at any place",
    "digit left out": "a digit left out",
    "digits exchanged": "two adjacent digits exchanged",
    "decimal point": "the decimal point moved by one place",
    "value deleted": "a cell left empty",
    "value added": "a mark, unit, wording or year of the report put into an empty cell",
    "value replaced": "a mark, unit, wording, year or heading replaced by another of the report's",
    "cells exchanged": "a cell exchanged with any other of its column, or number of its row",
    "rows exchanged": "the contents of any two rows exchanged",
    "row deleted": "a row left out",
    "row duplicated": "a row keyed twice",
    "label replaced": "a row label replaced by another of the exhibit's",
    "code replaced": "a code replaced by another of the report's",
    "reference cell": "a cell of a reference seed changed",
}
# Kinds of error in one cell, the most plausible first.
PLAUSIBLE = (
    "last digit",
    "other digit",
    "digits exchanged",
    "digit inserted",
    "digit left out",
    "decimal point",
    "cells exchanged",
    "value replaced",
    "code replaced",
)
# Which cell -> what it is.
CELLS = {
    "number": "printed numbers",
    "year": "fiscal years",
    "label": "rows and labels",
    "code": "codes and bases",
    "locator": "locators, footnote marks, units and wordings",
    "reference code": "reference seeds: codes, flags and numbers",
    "reference text": "reference seeds: columns of texts",
}
YEARS = ("fiscal_year", "reference_fiscal_year")
COUNTED = (*YEARS, "row_number", "paragraph", "footnote")  # beside the columns of numbers
TAKEN = (*YEARS, "printed_unit", "wording", "heading", "footnote")  # from the rest of the report


@dataclass(frozen=True)
class Mutant:
    """One keying error in a sheet, or in a reference seed.

    Attributes:
        exhibit_id: the exhibit whose sheet it is in, or the name of the reference seed.
        kind: one of KINDS.
        cell: one of CELLS.
        row: index of the row, from 0.
        column: the column; empty for a whole row.
        before: what the cell says.
        after: what it says after the error.
        other: the row and column that it is exchanged with, if it is.

    """

    exhibit_id: str
    kind: str
    cell: str
    row: int
    column: str
    before: str
    after: str
    other: tuple[int, str] | None = None

    @property
    def is_of_reference(self) -> bool:
        """Whether it is in a reference seed."""
        return self.kind == "reference cell"

    def apply(self, sheet: Sheet) -> Sheet:
        """Return the sheet with the error in it, with the column if the sheet has none yet."""
        columns, rows = sheet.columns, [dict(row) for row in sheet.rows]
        if self.kind == "row deleted":
            del rows[self.row]
        elif self.kind == "row duplicated":
            rows.insert(self.row, dict(rows[self.row]))
        elif self.kind == "rows exchanged" and self.other:
            one, two = rows[self.row], rows[self.other[0]]
            rows[self.row] = {**two, "row_number": one["row_number"]}
            rows[self.other[0]] = {**one, "row_number": two["row_number"]}
        else:
            if self.column not in columns:
                columns = _with_column(sheet, self.column)
                rows = [{**row, self.column: ""} for row in rows]
            rows[self.row][self.column] = self.after
            if self.other:
                rows[self.other[0]][self.other[1]] = self.before
        return replace(sheet, columns=columns, rows=tuple(rows))


def _with_column(sheet: Sheet, column: str) -> tuple[str, ...]:
    """Return the columns of a sheet with one more of its frame, in the order of the form."""
    known = (*sheet.columns, column)
    opening = [name for name in (*CODES, *COMPARISON) if name in known]
    closing = [name for name in CLOSING if name in known]
    return (*sheet.columns[:2], *opening, *sheet.numbers, *closing)


def mutants_of(exhibits: Sequence[Exhibit]) -> Iterator[Mutant]:
    """Return every error in the sheets of a report, each once."""
    known = _known(exhibits)
    for exhibit in exhibits:
        seen = set()
        for mutant in _of_sheet(exhibit, known):
            change = (mutant.row, mutant.column, mutant.after, mutant.other)
            if change not in seen or not mutant.column:
                seen.add(change)
                yield mutant


def digit_errors(value: str) -> Iterator[tuple[str, str]]:
    """Return the errors in the digits of a cell: kind, and what it says then."""
    if value in NUMBER_WORDS:
        yield from (("last digit", word) for word in NUMBER_WORDS if word != value)
    places = [index for index, character in enumerate(value) if character.isdigit()]
    if not places:
        return
    for place in reversed(places):
        kind = "last digit" if place == places[-1] else "other digit"
        for digit in "0123456789":
            if digit != value[place]:
                yield kind, value[:place] + digit + value[place + 1 :]
        if len(places) > 1:
            yield "digit left out", value[:place] + value[place + 1 :]
    gaps = sorted({gap for place in places for gap in (place, place + 1)})
    for place, digit in itertools.product(gaps, "0123456789"):
        yield "digit inserted", value[:place] + digit + value[place:]
    for one, other in itertools.pairwise(places):
        swapped = list(value)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield "digits exchanged", "".join(swapped)
    digits = value.replace(".", "").replace(",", "")
    point = len(value.partition(".")[0].replace(",", ""))
    for moved in (point - 1, point + 1):
        if 0 < moved < len(digits):
            yield "decimal point", f"{digits[:moved]}.{digits[moved:]}"
        elif moved == len(digits):
            yield "decimal point", digits


def _known(exhibits: Sequence[Exhibit]) -> dict[str, list[str]]:
    """Return the codes, marks, units and wordings of a report, by the column they stand in."""
    rows = [row for exhibit in exhibits for row in exhibit.sheet.rows]
    rows += [exhibit.described for exhibit in exhibits]
    known = {name: {row.get(name, "") for row in rows} - {""} for name in (*CODES, *TAKEN)}
    known["percent_base"] = set(BASES)
    return {name: sorted(values) for name, values in known.items()}


def number_corrections(exhibit: Exhibit, row: int, column: str) -> Iterator[Mutant]:
    """Return what a printed number could be instead: other digits, or that of a cell beside it.

    The most plausible comes first.
    """
    sheet = exhibit.sheet
    before = sheet.rows[row][column]
    beside = [sheet.rows[row][name] for name in sheet.numbers]
    beside += [sheet.rows[n][column] for n in (row - 1, row + 1) if 0 <= n < len(sheet.rows)]
    found = [*digit_errors(before), *(("cells exchanged", value) for value in beside if value)]
    found.sort(key=lambda each: PLAUSIBLE.index(each[0]))
    for after, kind in {after: kind for kind, after in reversed(found)}.items():
        if after != before:
            yield Mutant(sheet.exhibit_id, kind, "number", row, column, before, after)


def code_corrections(exhibits: Sequence[Exhibit], exhibit: Exhibit, row: int) -> Iterator[Mutant]:
    """Return what a code or wording of a row could be instead, of those of its report."""
    known, cells = _known(exhibits), exhibit.sheet.rows[row]
    found = [("code replaced", *each) for each in _other_codes(exhibit, cells, known)]
    found += [("value replaced", "wording", other) for other in known["wording"]]
    for kind, column, after in found:
        before = cells.get(column, "")
        if before and after != before:
            cell = _cell(exhibit.sheet, column)
            yield Mutant(exhibit.sheet.exhibit_id, kind, cell, row, column, before, after)


def _of_sheet(exhibit: Exhibit, known: Mapping[str, list[str]]) -> Iterator[Mutant]:
    sheet = exhibit.sheet

    def mutant(
        kind: str, row: int, column: str, after: str, other: tuple[int, str] | None = None
    ) -> Mutant:
        before = sheet.rows[row].get(column or sheet.label, "")
        cell = _cell(sheet, column)
        return Mutant(sheet.exhibit_id, kind, cell, row, column, before, after, other)

    for index, row in enumerate(sheet.rows):
        for column in dict.fromkeys((*sheet.columns, *TAKEN)):
            for kind, after in _of_cell(exhibit, column, row, known):
                yield mutant(kind, index, column, after)
        for column in (sheet.label, "left_row", "right_row"):
            for label in _labels(sheet, column) if row.get(column) else ():
                if label != row[column]:
                    yield mutant("label replaced", index, column, label)
        # The codes of a row without a number say nothing.
        if _has_number(sheet, row):
            for column, after in _other_codes(exhibit, row, known):
                yield mutant("code replaced", index, column, after)
        for left, right in itertools.combinations(sheet.numbers, 2):
            if row[left] != row[right]:
                yield mutant("cells exchanged", index, left, row[right], (index, right))
        for kind in ("row deleted", "row duplicated"):
            yield mutant(kind, index, "", "")
    for one, two in itertools.combinations(range(len(sheet.rows)), 2):
        first, second = sheet.rows[one], sheet.rows[two]
        yield mutant("rows exchanged", one, "", second[sheet.label], (two, ""))
        for column in sheet.columns[1:]:
            if first[column] != second[column]:
                yield mutant("cells exchanged", one, column, second[column], (two, column))


def _of_cell(
    exhibit: Exhibit, column: str, row: Mapping[str, str], known: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    """Return the errors of one cell: kind, and what it says then."""
    sheet = exhibit.sheet
    value = row.get(column, "")
    if column in (*sheet.numbers, *COUNTED):
        yield from ((kind, after) for kind, after in digit_errors(value) if after != value)
    # A cell that says what its exhibit says can be empty.
    says_more = value not in ("", exhibit.described.get(column))
    if says_more and column not in (sheet.label, *COMPARISON):
        yield "value deleted", ""
    if column in TAKEN and (column != "reference_fiscal_year" or _has_number(sheet, row)):
        kind = "value replaced" if value else "value added"
        # An empty year or heading is the exhibit's.
        own = value or exhibit.described.get(column, "")
        yield from ((kind, other) for other in known[column] if other != own)


def _has_number(sheet: Sheet, row: Mapping[str, str]) -> bool:
    return any(row[name] for name in sheet.numbers)


def _labels(sheet: Sheet, column: str) -> list[str]:
    columns = (column,) if column == sheet.label else ("left_row", "right_row")
    return list(dict.fromkeys(row[name] for row in sheet.rows for name in columns if row[name]))


def _other_codes(
    exhibit: Exhibit, row: Mapping[str, str], known: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    """Return the other codes that a row could have: column and code.

    An empty population or base is the exhibit's, an empty category the whole population; an empty
    measure is that of the columns.
    """
    key, measure = row.get("category_key", ""), row.get("measure_id", "")
    reference = row.get("reference_category_id", "")
    classification = key.partition(".")[0]
    own = {
        "population_id": row.get("population_id") or exhibit.described["population_id"],
        "percent_base": row.get("percent_base") or exhibit.described["percent_base"],
        "category_key": key,
        "measure_id": measure,
        "reference_category_id": reference,
    }
    others = {
        **known,
        "measure_id": known["measure_id"] if measure else [],
        "percent_base": known["percent_base"] if _is_percentage(exhibit.sheet, row) else [],
        "reference_category_id": [
            category.partition(".")[2]
            for category in known["category_key"]
            if reference and category.startswith(f"{classification}.")
        ],
    }
    for column, code in own.items():
        yield from ((column, other) for other in others[column] if other != code)


def _is_percentage(sheet: Sheet, row: Mapping[str, str]) -> bool:
    """Whether a row has a percentage of a population."""
    measures = (row.get("measure_id", ""), *(name for name in sheet.numbers if row[name]))
    return any(measure.split("_")[-1] == "percent" for measure in measures)


def _cell(sheet: Sheet, column: str) -> str:
    if column in sheet.numbers:
        return "number"
    if column in YEARS:
        return "year"
    if column in ("", "row_number", sheet.label, *COMPARISON):
        return "label"
    return "code" if column in CODES else "locator"


def reference_mutants(folder: Path) -> Iterator[Mutant]:
    """Return errors in each cell of the reference seeds of a folder."""
    for path in sorted(folder.glob("*.csv")):
        rows = read_csv(path)
        texts = {name for row in rows for name, value in row.items() if " " in value}
        for index, row in enumerate(rows):
            for column, value in row.items():
                cell = "reference text" if column in texts else "reference code"
                below = (rows[(index + n) % len(rows)][column] for n in range(1, len(rows)))
                other = next((each for each in below if each != value), "")
                for after in _other_values(value, other):
                    yield Mutant(path.stem, "reference cell", cell, index, column, value, after)


def _other_values(value: str, other: str) -> list[str]:
    """Return what a reference cell could say instead: another row's, nothing, other digits."""
    if value in ("true", "false"):
        return ["false" if value == "true" else "true"]
    changed = [after for _, after in digit_errors(value)][:2] if value[:1].isdigit() else []
    return [after for after in dict.fromkeys((other, "", *changed)) if after != value]

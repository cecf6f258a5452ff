"""The form of the seed files: what a CSV must be before it is read.

A spreadsheet program that saves a seed can change it without a word: a byte-order mark, other line
ends, spaces, another number of fields. dbt would load some of that and blame the wrong thing for
the rest, so the files are checked first. The types of reference columns are those of dbt.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from warehouse.cells import shown, what_is_wrong
from warehouse.sheets import CLOSING, CODES, COMPARISON, FRAME, SECOND_KEYING

# Columns of a sheet that hold whole numbers.
COUNTED = ("row_number", "fiscal_year", "reference_fiscal_year", "paragraph")
# Begins a cell of a draft that nobody has reviewed.
UNREVIEWED = "?"
IS_DRAFT = "is a draft: key what it is, without the ?, or leave it empty"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def check_seed_files(project: Path) -> list[str]:
    """Check every CSV file under `seeds/` of a project.

    Returns:
        One line per fault, `<file>, line <number>, column <name>: <what is wrong>`, in the order of
        the files; empty if all is well.

    """
    declared = _declared_types(project / "seeds")
    declared["second_keying"] = {name: _type_in_sheet(name) for name in SECOND_KEYING}
    faults = []
    for path in sorted((project / "seeds").rglob("*.csv")):
        name = path.relative_to(project).as_posix()
        is_of_report = path.parent.parent.name == "seeds" and path.parent.name != "reference"
        is_sheet = is_of_report and path.name != "second_keying.csv"
        faults += [f"{name}{fault}" for fault in _faults(path, is_sheet, declared.get(path.stem))]
    return faults


def _declared_types(folder: Path) -> dict[str, dict[str, str]]:
    """Types of the columns of each reference seed, in the order of its `column_types`."""
    declared = {}
    for path in sorted(folder.rglob("*.yml")):
        for seed in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("seeds", []):
            declared[seed["name"]] = seed.get("config", {}).get("column_types", {})
    return declared


def _type_in_sheet(column: str) -> str:
    if column in COUNTED:
        return "counted"
    return "text" if column in FRAME else "printed"


def _faults(path: Path, is_sheet: bool, declared: dict[str, str] | None) -> list[str]:
    content = path.read_bytes()
    if content.startswith(BYTE_ORDER_MARK):
        return [", line 1: begins with a byte-order mark; save it as UTF-8 without one"]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [f", line {line}: is not UTF-8"]
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        return [f", line {line}: has Windows line ends; save it with line feeds only"]
    if not text.endswith("\n"):
        return [": the last line has no line end"]
    try:
        (_, header), *rows = _records(text)
    except csv.Error as error:
        return [str(error)]
    if is_sheet:
        wrong = _sheet_columns(path, header)
        types = {name: _type_in_sheet(name) for name in header} | dict.fromkeys(header[1:2], "text")
    elif declared is None:
        return [": is neither a sheet of a report nor described in a .yml file beside it"]
    else:
        types, expected = declared, ", ".join(declared)
        wrong = "" if header == [*declared] else _columns(header, f"declared are {expected}")
    if wrong:
        return [f", line 1: {wrong}"]
    faults = [fault for line, row in rows for fault in _row_faults(types, line, row, is_sheet)]
    return faults + (list(_numbering(rows)) if is_sheet and not faults else [])


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of a CSV text, each with the line that it begins on.

    Raises:
        csv.Error: it is not well-formed; says where and what.

    """
    reader = csv.reader(io.StringIO(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(f", line {line}: is not well-formed CSV: {error}") from error


def _columns(header: list[str], expected: str) -> str:
    return f"the columns are {', '.join(header)}; {expected}"


def _sheet_columns(path: Path, header: list[str]) -> str:
    """Say what is wrong with the columns of a sheet; empty if nothing is."""
    if not re.fullmatch(rf"raw_{re.escape(path.parent.name)}__[a-z0-9_]+", path.stem):
        return f"the file has to be called raw_{path.parent.name}__<exhibit>.csv"
    framed = [*CODES, *COMPARISON, *CLOSING]
    numbers = [name for name in header[2:] if name not in framed]
    opening = [name for name in (*CODES, *COMPARISON) if name in header]
    closing = [name for name in CLOSING if name in header]
    expected = ["row_number", header[1] if len(header) > 1 else "row_label"]
    expected += [*opening, *(numbers or ["printed_value"]), *closing]
    if header != expected:
        return _columns(header, f"expected are {', '.join(expected)}")
    wrong = [name for name in header if not re.fullmatch(r"[a-z][a-z0-9_]*", name)]
    missing = [name for name in ("wording", "paragraph", "footnote") if name not in header]
    if wrong or missing or len(set(header)) < len(header):
        return _columns(
            header,
            "expected are names in snake_case, each once, with wording, paragraph and footnote",
        )
    return ""


def _row_faults(types: dict[str, str], line: int, row: list[str], is_sheet: bool) -> Iterator[str]:
    if not any(row):
        yield f", line {line}: is blank"
        return
    if len(row) != len(types):
        yield f", line {line}: has {len(row)} fields, expected {len(types)}"
        return
    for position, (column, cell) in enumerate(zip(types, row, strict=True)):
        wrong = what_is_wrong(cell, column, types[column])
        if is_sheet and position < 2 and not cell:
            wrong = "is empty: a row has a number and a label"
        elif is_sheet and column == "category_key" and cell and cell.count(".") != 1:
            wrong = "is not <classification>.<category>"
        if cell.startswith(UNREVIEWED):
            wrong = IS_DRAFT
        if wrong:
            yield f', line {line}, column {column}: "{shown(cell)}" {wrong}'


def _numbering(rows: list[tuple[int, list[str]]]) -> Iterator[str]:
    """Find the first row whose number is not the next one, as a row left out or twice leaves."""
    for position, (line, row) in enumerate(rows, start=1):
        if row[0] != str(position):
            yield (
                f', line {line}, column row_number: "{row[0]}", expected {position}:'
                " the rows are numbered as they stand in print"
            )
            return

"""The form of the seed files, and the codes in them: what is said before anything is built.

A spreadsheet program that saves a seed can change it without a word: a byte-order mark, other line
ends, spaces, another number of fields. dbt would load some of that and blame the wrong thing for
the rest, so the files are checked first. The types of reference columns are those of dbt.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import yaml

from warehouse.cells import shown, what_is_wrong
from warehouse.sheets import (
    CLOSING,
    CODES,
    COMPARISON,
    FRAME,
    SECOND_KEYING,
    read_csv,
    read_sheet,
    sheet_paths,
)

# Columns of a sheet that hold whole numbers.
COUNTED = ("row_number", "fiscal_year", "reference_fiscal_year", "paragraph")
# Begins a cell of a draft that nobody has reviewed.
UNREVIEWED = "?"
IS_DRAFT = "is a draft: key what it is, without the ?, or leave it empty"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REFERENCE = "seeds/reference"
# Column -> the reference seed that has its codes.
SEEDS = {
    "report_id": "reports",
    "exhibit_id": "exhibits",
    "population_id": "populations",
    "category_key": "categories",
    "measure_id": "measures",
}
BASES = ("all", "known", "unstated")
NEAR = 4  # codes named beside an unknown one


def check_seed_files(project: Path) -> list[str]:
    """Check every CSV file under `seeds/` of a project; return a line for each fault.

    It says `<file>, line <number>, column <name>: <what is wrong>`, in the order of the files.
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


# The codes in the sheets


def unknown_codes(project: Path) -> list[str]:
    """Check the codes of the sheets, of the second keyings, and of what describes the exhibits.

    Return a line for each fault: where, the code, the seed that should have it, codes like it.
    """
    known = {column: _codes(project, column) for column in SEEDS}
    sheets, faults = sheet_paths(project), []
    for path in sheets:
        exhibit_id = read_sheet(path).exhibit_id
        for wrong in _code_faults("exhibit_id", exhibit_id, known):
            faults.append(f'{path.relative_to(project)}: its exhibit "{exhibit_id}" {wrong}')
    again = sorted((project / "seeds").glob("*/second_keying.csv"))
    described = [project / REFERENCE / f"{name}.csv" for name in ("exhibits", "exhibit_columns")]
    for path in [*sheets, *again, *described]:
        for line, row in enumerate(read_csv(path), start=2):
            for column, code in row.items():
                for wrong in _code_faults(column, code, known):
                    place = f"{path.relative_to(project)}, line {line}, column {column}"
                    faults.append(f'{place}: "{code}" {wrong}')
    return faults


def _codes(project: Path, column: str) -> list[str]:
    rows = read_csv(project / REFERENCE / f"{SEEDS[column]}.csv")
    if column == "category_key":
        return [f"{row['classification_id']}.{row['category_id']}" for row in rows]
    return [row[column] for row in rows]


def _code_faults(column: str, code: str, known: Mapping[str, Collection[str]]) -> Iterator[str]:
    if column == "percent_base" and code not in ("", *BASES):
        yield f"is not {', '.join(BASES[:-1])} or {BASES[-1]}"
    elif code and code not in known.get(column, [code]):
        yield f"is not in {REFERENCE}/{SEEDS[column]}.csv{_near(code, known[column])}"


def _near(code: str, known: Collection[str]) -> str:
    """Name codes like one that is not known: of its classification, if it has one."""
    classification = f"{code.partition('.')[0]}."
    same = [each for each in known if each.startswith(classification)]
    near = difflib.get_close_matches(code, same or known, NEAR, 0.5) or same[:NEAR]
    return f"; like it: {', '.join(near)}" if near else ""

"""The form of the seed files: what a CSV must be before dbt reads it.

A spreadsheet program that saves a seed can change it without a word: a byte-order mark, other line
ends, spaces, another number of fields. dbt would load some of that and blame the wrong thing for
the rest, so the files are checked first.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from pathlib import Path

import yaml

# Columns of a raw seed, which ends with footnote, that hold whole numbers.
COUNTED = ("row_number", "fiscal_year")
WHOLE = r"[1-9]\d*"
# Unicode categories of characters that do not show; a space that does not break is Zs, too.
HIDDEN = ("Cf", "Zl", "Zp")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def check_seed_files(project: Path) -> list[str]:
    """Check every CSV file under `seeds/` of a project.

    Returns:
        One line per fault, `<file>, line <number>, column <name>: <what is wrong>`, in the order of
        the files; empty if all is well.

    """
    declared = _declared_columns(project / "seeds")
    faults = []
    for path in sorted((project / "seeds").rglob("*.csv")):
        name = path.relative_to(project).as_posix()
        faults += [f"{name}{fault}" for fault in _faults(path, declared.get(path.stem))]
    return faults


def _declared_columns(folder: Path) -> dict[str, list[str]]:
    """Columns of each seed in the order that its `column_types` declare them."""
    declared = {}
    for path in sorted(folder.rglob("*.yml")):
        for seed in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("seeds", []):
            declared[seed["name"]] = list(seed.get("config", {}).get("column_types", {}))
    return declared


def _faults(path: Path, declared: list[str] | None) -> list[str]:
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
    if declared is None:
        return [": is not described in a .yml file beside it: run make scaffold"]
    try:
        header, *rows = csv.reader(io.StringIO(text), strict=True)
    except csv.Error as error:
        return [f": is not well-formed CSV: {error}"]
    if header != declared:
        return [
            f", line 1: the columns are {', '.join(header)}; declared are {', '.join(declared)}"
        ]
    return [
        fault
        for number, row in enumerate(rows, start=2)
        for fault in _row_faults(header, number, row)
    ]


def _row_faults(header: list[str], number: int, row: list[str]) -> list[str]:
    if len(row) != len(header):
        return [f", line {number}: has {len(row)} fields, expected {len(header)}"]
    faults = []
    for column, cell in zip(header, row, strict=True):
        place = f', line {number}, column {column}: "{cell}"'
        if cell != cell.strip() or any(
            c == "\u00a0" or unicodedata.category(c) in HIDDEN for c in cell
        ):
            faults.append(f"{place} has spaces around it or characters that do not show")
        elif column in COUNTED and header[-1] == "footnote" and not re.fullmatch(WHOLE, cell):
            faults.append(f"{place} is not a whole number")
    return faults

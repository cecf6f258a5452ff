"""The case files of a folder, and what the reference seeds say of them.

`case_files.csv` names the files of each fiscal year, `case_variables.csv` the variables and what
they are called in the files, `case_categories.csv` the codes. A file is known by its content: what
was read once from it, by the same seeds, is not read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.project import UserError, sha256
from warehouse.sheets import read_csv

REFERENCE = Path("seeds") / "reference"
SEEDS = ("case_variables", "case_categories")
# Form -> the ends of the names of its files; what else a pattern matches is no case file.
SUFFIXES = {"csv": (".csv", ".zip"), "fixed_width": (".dat", ".zip"), "parquet": (".parquet",)}


@dataclass(frozen=True)
class CaseFile:
    """A case file; without a fiscal year, each of its rows says it."""

    path: Path
    form: str
    fiscal_year: int | None


@dataclass(frozen=True)
class Variable:
    """A variable as a file of one fiscal year has it.

    `codes` are those that it can have, none for a number; a value in `missing` is none; one in
    `life` counts as `cap`.
    """

    name: str
    source: str
    kind: str
    codes: frozenset[int]
    missing: tuple[float, ...]
    life: float | None
    cap: float | None


def find(folder: Path, project: Path) -> list[CaseFile]:
    """Find the case files of a folder, one for a fiscal year.

    Raises:
        UserError: there are none, or two for one fiscal year.

    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: name that of the case files with CASES=")
    found: dict[int | None, CaseFile] = {}
    for row in read_csv(project / REFERENCE / "case_files.csv"):
        year = int(row["fiscal_year"]) if row["fiscal_year"] else None
        for path in sorted(folder.glob(row["file_glob"])):
            if path.suffix.lower() not in SUFFIXES[row["form"]]:
                continue
            if other := found.get(year):
                named = f"fiscal year {year}" if year else "several fiscal years"
                raise UserError(
                    f"{folder} has two case files of {named}, {other.path.name} and"
                    f" {path.name}: leave one"
                )
            found[year] = CaseFile(path, row["form"], year)
    if not found:
        raise UserError(f"{folder} has no file that {REFERENCE / 'case_files.csv'} names")
    return list(found.values())


def variables(project: Path, fiscal_year: int | None) -> list[Variable]:
    """Give the variables as files of a fiscal year have them; the last name that holds then."""
    codes: dict[str, set[int]] = {}
    for row in read_csv(project / REFERENCE / "case_categories.csv"):
        codes.setdefault(row["variable"], set()).add(int(row["code"]))
    named = {}
    for row in read_csv(project / REFERENCE / "case_variables.csv"):
        if int(row["first_fiscal_year"] or 0) <= (fiscal_year or 9999):
            is_code = row["kind"] == "code"
            named[row["variable"]] = Variable(
                row["variable"],
                row["source_name"],
                row["kind"],
                frozenset(codes[row["variable"]] if is_code else ()),
                tuple(map(float, row["missing_values"].split())),
                float(row["life_code"]) if row["life_code"] else None,
                float(row["cap"]) if row["cap"] else None,
            )
    return [v for v in named.values() if v.kind != "year" or fiscal_year is None]


def key(file: CaseFile, project: Path) -> tuple[str, str]:
    """Return the SHA-256 of a file, and the name that what is read from it is kept under."""
    try:
        content = sha256(file.path)
    except OSError as error:
        raise UserError(f"cannot read {file.path}: {error.strerror}") from error
    seeds = "".join(sha256(project / REFERENCE / f"{name}.csv") for name in SEEDS)
    kept_as = f"{file.form} {file.fiscal_year} {content} {seeds}"
    return content, hashlib.sha256(kept_as.encode()).hexdigest()[:12]


def check_years(years: list[int], wanted: set[int]) -> Iterator[int]:
    """Give the years to use: those wanted, or else all, without a gap.

    Raises:
        UserError: one is missing.

    """
    expected = wanted or set(range(min(years), max(years) + 1))
    for year in sorted(expected):
        if year not in years:
            raise UserError(
                f"there is no case file of fiscal year {year}: add it, or name the years to use,"
                f' such as YEARS="{" ".join(map(str, sorted(years)))}"'
            )
        yield year

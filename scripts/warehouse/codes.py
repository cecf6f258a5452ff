"""The codes in the sheets: whether the reference seeds have them, said before anything is built."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from warehouse.sheets import read_csv, read_sheet, sheet_paths

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


def unknown_codes(project: Path) -> list[str]:
    """Check the codes of the sheets, of the second keyings, and of what describes the exhibits.

    Returns:
        One line per fault: file, line, column, the code, the seed that should have it, codes like
        it.

    """
    known = {column: _codes(project, column) for column in SEEDS}
    sheets, faults = sheet_paths(project), []
    for path in sheets:
        exhibit_id = read_sheet(path).exhibit_id
        for wrong in _faults("exhibit_id", exhibit_id, known):
            faults.append(f'{path.relative_to(project)}: its exhibit "{exhibit_id}" {wrong}')
    again = sorted((project / "seeds").glob("*/second_keying.csv"))
    described = [project / REFERENCE / f"{name}.csv" for name in ("exhibits", "exhibit_columns")]
    for path in [*sheets, *again, *described]:
        for line, row in enumerate(read_csv(path), start=2):
            for column, code in row.items():
                for wrong in _faults(column, code, known):
                    place = f"{path.relative_to(project)}, line {line}, column {column}"
                    faults.append(f'{place}: "{code}" {wrong}')
    return faults


def _codes(project: Path, column: str) -> list[str]:
    rows = read_csv(project / REFERENCE / f"{SEEDS[column]}.csv")
    if column == "category_key":
        return [f"{row['classification_id']}.{row['category_id']}" for row in rows]
    return [row[column] for row in rows]


def _faults(column: str, code: str, known: Mapping[str, Collection[str]]) -> Iterator[str]:
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

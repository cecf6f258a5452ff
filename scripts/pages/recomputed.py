"""Printed numbers beside what the case files give for them, under each definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pages.data import Data, grouped, place_of, sql_of
from pages.numbers import what_of
from pages.tables import Cell, Table, plain
from pages.text import Row, number, signed

HEADINGS = {
    "what": "Number",
    "printed_value": "Printed",
    "definition": "Recomputed as",
    "recomputed_value": "Recomputed",
    "difference": "Difference",
    "verdict": "Verdict",
}


def recomputed(data: Data) -> dict[str, Any]:
    """Give what the page shows: the case files, and a table of numbers for each report."""
    files = data.query(sql_of("case_files"))
    table = Table(
        "case-files",
        "Case files of this build",
        {"year": "Fiscal year", "name": "File", "cases": "Cases", "sha256": "Beginning of SHA-256"},
        [[Cell(str(row.pop("fiscal_year"))), *map(plain, row.values())] for row in files],
    )
    return {"files": table if files else None, "tables": list(_tables(data)) if files else []}


def _tables(data: Data) -> Iterator[Table]:
    """Yield a table for each report, of its numbers that are recomputed or bounded."""
    in_print = sorted(data.reconciliations, key=lambda row: data.order[row["observation_id"]])
    for report_id, own in grouped(in_print, "report_id").items():
        shown = [row for row in own if row["recomputed_value"] is not None]
        left = len({r["observation_id"] for r in own}) - len({r["observation_id"] for r in shown})
        caption = f"{data.reports[report_id]['title']}; {left} numbers are not recomputable"
        yield Table(
            f"recomputed-{report_id}", caption, HEADINGS, [_cells(data, row) for row in shown]
        )


def _cells(data: Data, row: Row) -> list[Cell]:
    observation, bound = data.observations[row["observation_id"]], row["limit_kind"]
    value = number(row["recomputed_value"], row["decimals"])
    return [
        Cell(what_of(observation), href=place_of(observation)),
        Cell(row["printed_value"], str(observation["obs_value"]), "number"),
        Cell(row["definition_label"], row["definition_id"]),
        Cell(f"{bound.replace('_', ' ')} {value}" if bound else value, value, "number"),
        Cell("" if bound else signed(row["difference"], row["decimals"]), kind="number"),
        Cell("bound" if bound else row["verdict"].replace("_", " ")),
    ]

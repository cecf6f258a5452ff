"""What the print implies: certified bounds as intervals, with what each rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pages.charts import Chart, Mark, svg
from pages.data import Data, grouped, place_of
from pages.numbers import what_of
from pages.tables import Cell, Table
from pages.text import Row, number

HEADINGS = {
    "label": "What is bounded",
    "bound_low": "Least",
    "bound_high": "Greatest",
    "is_sharp": "Attained",
    "explanation": "From",
    "assumptions": "Assumes",
}


def bounds_by_group(data: Data) -> Iterator[dict[str, Any]]:
    """Yield, for each report, population and fiscal year, a chart and a table of its bounds.

    The chart shows the answers to questions that the print leaves open, in one unit: offenders.
    """
    for (report_id, population_id, fiscal_year), rows in grouped(
        data.bounds, "report_id", "population_id", "fiscal_year"
    ).items():
        label = f"{data.populations[population_id]['label']}, fiscal year {fiscal_year}"
        numbers = [
            (what, fiscal_year, place_of(observation))
            for what, observation in _numbers(data, rows).items()
        ]
        marks = [
            Mark(row["label"], None, _interval(row), low=row["bound_low"], high=row["bound_high"])
            for row in rows
            if row["is_question"] and row["is_count"] and row["bound_low"] < row["bound_high"]
        ]
        name = f"{report_id}-{population_id}-{fiscal_year}"
        yield {
            "title": label,
            "message": data.reports[report_id]["title"],
            "drawn": svg(Chart("dots", marks, "Offenders"), f"Chart. {label}.") if marks else "",
            "numbers": numbers,
            "table": Table(name, label, HEADINGS, [_cells(row) for row in rows]),
        }


def _numbers(data: Data, rows: list[Row]) -> dict[str, Row]:
    """Return the printed numbers that bounds rest on, by what they are."""
    names = dict.fromkeys(name for row in rows for name in row["observation_ids"].split())
    observations = [data.observations[name] for name in names]
    return {
        f"{what_of(row, names_population=False)} {row['printed_value']}": row
        for row in observations
    }


def _interval(row: Row) -> str:
    low, high = (number(row[name], None) for name in ("bound_low", "bound_high"))
    return low if low == high else f"{low} to {high}"


def _cells(row: Row) -> list[Cell]:
    decimals = None if row["is_count"] else 1
    ends = [
        Cell(number(row[name], decimals) + row["unit"], row[exact], "number")
        for name, exact in (("bound_low", "bound_low_exact"), ("bound_high", "bound_high_exact"))
    ]
    assumed = (row["assumptions"] or "nothing").replace(" ", ", ").replace("_", " ")
    sharp = Cell("yes" if row["is_sharp"] else "not known to be")
    return [Cell(row["label"]), *ends, sharp, Cell(row["explanation"]), Cell(assumed)]

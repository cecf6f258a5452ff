"""The observations as a data cube: its components, its code lists, and its two dataflows.

What a component means is the description of its column in the manifest, and what a code means the
label in its dimension table: both come from there, and nothing here names a code of the warehouse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from warehouse.database import named_rows
from warehouse.manifest import Mart
from warehouse.project import UserError

FACT = "fct_observations"
CODE = re.compile(r"[A-Za-z0-9_@$-]+")
Codes = list[tuple[str, str, str | None]]  # code, label and description
Row = dict[str, str | None]  # the text of each component by its id; None for none

OBSERVATIONS = """
select
    observations.* replace (
        coalesce(classification_id || '.' || reference_category_id, '_Z') as reference_category_id,
        coalesce(cast(reference_fiscal_year as varchar), '_Z') as reference_fiscal_year,
        case
            when obs_value is not null then if(obs_status = 'published', 'A', 'I')
            else if(obs_status = 'published', 'M', 'O')
        end as obs_status
    ),
    'A' as frequency,
    measures.unit,
    reports.title || ': ' || locator as place,
    nullif(concat_ws(
        '; ', derivation, 'in print: ' || wording, 'note ' || footnote,
        'declared discrepancy: ' || checks.explanation
    ), '') as comment,
    count(*) over (partition by series_key) > 1 as is_repeated
from marts.fct_observations as observations
left join marts.dim_measures as measures using (measure_id)
left join marts.dim_reports as reports using (report_id)
left join (
    select observation_id, min(explanation) as explanation
    from marts.fct_consistency_checks where discrepancy_id is not null group by observation_id
) as checks using (observation_id)
order by series_key, is_preferred desc, observation_id
"""
CODE_LISTS = {
    "CL_POPULATION": "select population_id, label, description from marts.dim_populations",
    "CL_CATEGORY": "select category_key, classifications.label || ': ' || categories.label, null"
    " from marts.dim_categories as categories"
    " inner join marts.dim_classifications as classifications using (classification_id)"
    " union all select '_Z', 'Not applicable', null",
    "CL_MEASURE": "select measure_id, label, description from marts.dim_measures",
    "CL_UNIT": "select distinct unit, unit, null from marts.dim_measures",
    "CL_REFERENCE_YEAR": "select cast(fiscal_year as varchar), 'Fiscal year ' || fiscal_year, null"
    " from marts.dim_fiscal_years union all select '_Z', 'Not applicable', null",
}
# The parts of two code lists of SDMX that are used, with what their statuses stand for here.
OF_SDMX: dict[str, Codes] = {
    "CL_FREQ": [("A", "Annual", None)],
    "CL_OBS_STATUS": [
        ("A", "Normal value", "As printed"),
        ("I", "Imputed value (CCSA definition)", "Derived from printed numbers; see the comment"),
        ("M", "Missing value; data cannot exist", "Printed as a word that no number stands for"),
        ("O", "Missing value", "Derived as bounds only: VALUE_LOW and VALUE_HIGH"),
    ],
}
DESCRIPTIONS = {
    "frequency": "How often there is a number: once a fiscal year.",
    "unit": "Unit of the measure.",
    "comment": "Derivation, words and note beside the number, declared discrepancy.",
}


@dataclass(frozen=True)
class Component:
    """A part of the cube, the column it comes from, and its code list or type of text."""

    id: str
    column: str
    represented: str = "String"
    is_required: bool = True

    @property
    def is_coded(self) -> bool:
        """Say whether it has a code list."""
        return self.represented.startswith("CL_")

    def text(self, row: dict[str, Any]) -> str | None:
        """Write its value in an observation. A code of SDMX has no full stop: `race-black`."""
        value = row[self.column]
        if isinstance(value, Decimal):
            return digits(value, row["decimals"] if self is VALUE else None)
        text = None if value is None else str(value)
        return text.replace(".", "-") if text and self.is_coded else text


DIMENSIONS = (
    Component("FREQ", "frequency", "CL_FREQ"),
    Component("POPULATION", "population_id", "CL_POPULATION"),
    Component("CATEGORY", "category_key", "CL_CATEGORY"),
    Component("MEASURE", "measure_id", "CL_MEASURE"),
    Component("REFERENCE_CATEGORY", "reference_category_id", "CL_CATEGORY"),
    Component("REFERENCE_YEAR", "reference_fiscal_year", "CL_REFERENCE_YEAR"),
)
PLACE = Component("PLACE", "observation_id", "CL_PLACE")
TIME = Component("TIME_PERIOD", "fiscal_year", "ObservationalTimePeriod")
VALUE = Component("OBS_VALUE", "obs_value", "Decimal", False)
ATTRIBUTES = (
    Component("OBS_STATUS", "obs_status", "CL_OBS_STATUS"),
    Component("UNIT_MEASURE", "unit", "CL_UNIT"),
    Component("DECIMALS", "decimals", "Integer", False),
    Component("PRINTED_VALUE", "printed_value", "String", False),
    Component("PRINTED_UNIT", "printed_unit", "String", False),
    Component("PERCENT_BASE", "percent_base", "String", False),
    Component("PLACE_IN_PRINT", "locator"),
    Component("VALUE_LOW", "value_low", "Decimal", False),
    Component("VALUE_HIGH", "value_high", "Decimal", False),
    Component("OBSERVATION_ID", "observation_id"),
    Component("COMMENT_OBS", "comment", "String", False),
)


class Dataflow:
    """Observations that have the same dimensions."""

    def __init__(self, name: str, label: str, place: Sequence[Component], rows: Any) -> None:
        """Take the observations as the query gives them."""
        self.id, self.label = name, label
        self.dimensions = (*DIMENSIONS, *place, TIME)
        self.components = (*self.dimensions, VALUE, *ATTRIBUTES)
        self.rows: list[Row] = [{p.id: p.text(row) for p in self.components} for row in rows]


@dataclass(frozen=True)
class Cube:
    """The two dataflows, with what their components and their codes mean."""

    version: str
    descriptions: dict[str, str]
    code_lists: dict[str, Codes]
    dataflows: tuple[Dataflow, ...]


def read_cube(connection: duckdb.DuckDBPyConnection, fact: Mart, version: str) -> Cube:
    """Read the cube from a warehouse.

    Raises:
        UserError: a code is unknown or none of SDMX, or two observations have one key.

    """
    found = named_rows(connection.execute(OBSERVATIONS))
    twice = [row for row in found if row["is_repeated"]]
    once = [row for row in found if row["is_preferred"]]
    lists: dict[str, Codes] = {
        name: connection.execute(f"{sql} order by 1").fetchall() for name, sql in CODE_LISTS.items()
    }
    lists["CL_PLACE"] = [(row["observation_id"], row["place"], None) for row in twice]
    lists = {
        name: [(str(code).replace(".", "-"), label, about) for code, label, about in codes]
        for name, codes in lists.items()
    }
    flows = (
        Dataflow("STATISTICS", "Numbers printed or derived, each once", [], once),
        Dataflow("PRINTINGS", "Each place of the numbers that are printed twice", [PLACE], twice),
    )
    described = {column.name: column.description for column in fact.columns}
    cube = Cube(version, described | DESCRIPTIONS, lists | OF_SDMX, flows)
    for fault in _faults(cube):
        raise UserError(f"the observations cannot be written as SDMX: {fault}")
    return cube


def _faults(cube: Cube) -> Iterator[str]:
    """Yield what readers of SDMX let pass: codes of no code list, and keys that stand twice."""
    known = {name: {code for code, *_ in codes} for name, codes in cube.code_lists.items()}
    for name, codes in known.items():
        yield from (f"{name}: {c!r} is not an id" for c in codes if not CODE.fullmatch(c))
        if len(codes) < len(cube.code_lists[name]):
            yield f"{name} has a code twice"
    for flow in cube.dataflows:
        keys = set()
        for row in flow.rows:
            where = f"{flow.id}, {row['OBSERVATION_ID']}"
            for part in flow.components:
                if part.is_required and row[part.id] is None:
                    yield f"{where}: it has no {part.id}"
                elif part.is_coded and row[part.id] not in known[part.represented]:
                    yield f"{where}: {part.represented} has no {row[part.id]}"
            key = tuple(row[part.id] for part in flow.dimensions)
            if key in keys:
                yield f"{where}: its key stands twice"
            keys.add(key)


def digits(value: Decimal, decimals: int | None) -> str:
    """Write a number with the decimals that are printed, or else with those that it needs."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:f}".rstrip("0").rstrip(".")

"""The observations as a data cube: its components, its code lists, and its two dataflows.

What a component means is the description of its column in the manifest, and what a code means the
label in its dimension table: both come from there, and nothing here names a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from warehouse.manifest import Mart
from warehouse.project import UserError

FACT = "fct_observations"
CODE = re.compile(r"[A-Za-z0-9_@$-]+")
NOT_APPLICABLE = "_Z"

QUERY = """
select
    observations.*,
    classification_id || '.' || reference_category_id as reference_category_key,
    measures.unit,
    checks.explanation as discrepancy,
    reports.title as report_title,
    count(*) over (partition by series_key) as printings
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
    "CL_POPULATION": """
        select population_id, label, description from marts.dim_populations order by 1""",
    "CL_CATEGORY": """
        select category_key, classifications.label || ': ' || categories.label, null
        from marts.dim_categories as categories
        inner join marts.dim_classifications as classifications using (classification_id)
        order by 1""",
    "CL_MEASURE": "select measure_id, label, description from marts.dim_measures order by 1",
    "CL_UNIT": "select distinct unit, unit, null from marts.dim_measures order by 1",
    "CL_REFERENCE_YEAR": """
        select cast(fiscal_year as varchar), 'Fiscal year ' || fiscal_year, null
        from marts.dim_fiscal_years order by 1""",
}
NONE = (NOT_APPLICABLE, "Not applicable", None)

# Parts of two code lists of SDMX, with the words of their statuses for ours.
FREQUENCIES = [("A", "Annual", None)]
STATUSES = [
    ("A", "Normal value", "As printed"),
    (
        "I",
        "Imputed value (CCSA definition)",
        "Derived here from printed numbers; the comment says how",
    ),
    ("M", "Missing value; data cannot exist", "Printed as a word that no number stands for"),
    ("O", "Missing value", "Derived here as bounds only: VALUE_LOW and VALUE_HIGH"),
]


@dataclass(frozen=True)
class Component:
    """A dimension, an attribute or the value of the cube, and the column that it comes from."""

    id: str
    column: str
    text_type: str = "String"
    code_list: str = ""
    is_required: bool = True

    @property
    def name(self) -> str:
        """Its name in words."""
        return self.id.replace("_", " ").capitalize()


DIMENSIONS = (
    Component("FREQ", "frequency", code_list="CL_FREQ"),
    Component("POPULATION", "population_id", code_list="CL_POPULATION"),
    Component("CATEGORY", "category_key", code_list="CL_CATEGORY"),
    Component("MEASURE", "measure_id", code_list="CL_MEASURE"),
    Component("REFERENCE_CATEGORY", "reference_category_id", code_list="CL_CATEGORY"),
    Component("REFERENCE_YEAR", "reference_fiscal_year", code_list="CL_REFERENCE_YEAR"),
)
PLACE = Component("PLACE", "locator", code_list="CL_PLACE")
TIME = Component("TIME_PERIOD", "fiscal_year", "ObservationalTimePeriod")
VALUE = Component("OBS_VALUE", "obs_value", "Decimal", is_required=False)
ATTRIBUTES = (
    Component("OBS_STATUS", "obs_status", code_list="CL_OBS_STATUS"),
    Component("UNIT_MEASURE", "unit", code_list="CL_UNIT"),
    Component("DECIMALS", "decimals", "Integer", is_required=False),
    Component("PRINTED_VALUE", "printed_value", is_required=False),
    Component("PRINTED_UNIT", "printed_unit", is_required=False),
    Component("PERCENT_BASE", "percent_base", is_required=False),
    Component("PLACE_IN_PRINT", "locator"),
    Component("VALUE_LOW", "value_low", "Decimal", is_required=False),
    Component("VALUE_HIGH", "value_high", "Decimal", is_required=False),
    Component("OBSERVATION_ID", "observation_id"),
    Component("COMMENT_OBS", "comment", is_required=False),
)


@dataclass(frozen=True)
class Dataflow:
    """Observations of one shape; each row has a text for each component, None for none."""

    id: str
    name: str
    dimensions: tuple[Component, ...]
    rows: Sequence[dict[str, str | None]]

    @property
    def components(self) -> tuple[Component, ...]:
        """All of them, in the order of a row."""
        return (*self.dimensions, TIME, VALUE, *ATTRIBUTES)


@dataclass(frozen=True)
class Cube:
    """The two dataflows, with what their components and their codes mean."""

    version: str
    descriptions: dict[str, str]
    code_lists: dict[str, list[tuple[str, str, str | None]]]
    dataflows: tuple[Dataflow, ...]


def read_cube(connection: duckdb.DuckDBPyConnection, fact: Mart, version: str) -> Cube:
    """Read the cube from a warehouse.

    Raises:
        UserError: a code is unknown or none of SDMX, or two observations have one key.

    """
    result = connection.execute(QUERY)
    names = [column[0] for column in result.description]
    found = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    lists = {
        name: [(code_of(code), *about) for code, *about in connection.execute(sql).fetchall()]
        for name, sql in CODE_LISTS.items()
    }
    for name in ("CL_CATEGORY", "CL_REFERENCE_YEAR"):
        lists[name].append(NONE)
    twice = [row for row in found if row["printings"] > 1]
    place = "{report_title}: {locator}"
    lists["CL_PLACE"] = [
        (code_of(row["observation_id"]), place.format(**row), row["observation_id"])
        for row in twice
    ]
    flows = (
        Dataflow(
            "STATISTICS",
            "Numbers printed or derived, each once",
            DIMENSIONS,
            [_row(row) for row in found if row["is_preferred"]],
        ),
        Dataflow(
            "PRINTINGS",
            "Numbers printed in more than one place, once for each place",
            (*DIMENSIONS, PLACE),
            [_row(row) for row in twice],
        ),
    )
    lists |= {"CL_FREQ": FREQUENCIES, "CL_OBS_STATUS": STATUSES}
    descriptions = {column.name: column.description for column in fact.columns}
    descriptions["frequency"] = "How often there is a number: once a fiscal year."
    descriptions["unit"] = "Unit of the measure."
    descriptions["comment"] = "Derivation, words and note beside the number, declared discrepancy."
    cube = Cube(version, descriptions, lists, flows)
    for fault in faults(cube):
        raise UserError(f"the observations cannot be written as SDMX: {fault}")
    return cube


def faults(cube: Cube) -> Iterable[str]:
    """Yield what readers of SDMX let pass: codes of no code list, and keys that stand twice."""
    for name, codes in cube.code_lists.items():
        ids = [code for code, *_ in codes]
        yield from (f"{name} has no code {c!r}: not an id" for c in ids if not CODE.fullmatch(c))
        yield from (
            f"{name} has {code} twice" for code in sorted({c for c in ids if ids.count(c) > 1})
        )
    codes_of = {name: {code for code, *_ in codes} for name, codes in cube.code_lists.items()}
    for flow in cube.dataflows:
        coded = [part for part in flow.components if part.code_list]
        keys = set()
        for row in flow.rows:
            where = f"{flow.id}, {row['OBSERVATION_ID']}"
            for part in flow.components:
                if part.is_required and row[part.id] is None:
                    yield f"{where}: it has no {part.id}"
            for part in coded:
                if row[part.id] not in codes_of[part.code_list]:
                    yield f"{where}: {part.code_list} has no {row[part.id]}"
            key = tuple(row[part.id] for part in (*flow.dimensions, TIME))
            if key in keys:
                yield f"{where}: its key stands twice"
            keys.add(key)


def code_of(key: str) -> str:
    """Write a key of the warehouse as a code of SDMX, which has no full stop: `race-black`."""
    return key.replace(".", "-")


def _row(row: dict[str, Any]) -> dict[str, str | None]:
    """Return the text of each component of an observation."""
    status = "A" if row["obs_status"] == "published" else "I"
    if row["obs_value"] is None:
        status = "M" if status == "A" else "O"
    reference = row["reference_category_key"]
    return {
        "FREQ": "A",
        "POPULATION": code_of(row["population_id"]),
        "CATEGORY": code_of(row["category_key"]),
        "MEASURE": code_of(row["measure_id"]),
        "REFERENCE_CATEGORY": code_of(reference) if reference else NOT_APPLICABLE,
        "REFERENCE_YEAR": str(row["reference_fiscal_year"] or NOT_APPLICABLE),
        "PLACE": code_of(row["observation_id"]),
        "TIME_PERIOD": str(row["fiscal_year"]),
        "OBS_VALUE": digits(row["obs_value"], row["decimals"]),
        "OBS_STATUS": status,
        "UNIT_MEASURE": row["unit"],
        "DECIMALS": None if row["decimals"] is None else str(row["decimals"]),
        "PRINTED_VALUE": row["printed_value"],
        "PRINTED_UNIT": row["printed_unit"],
        "PERCENT_BASE": row["percent_base"],
        "PLACE_IN_PRINT": row["locator"],
        "VALUE_LOW": digits(row["value_low"]),
        "VALUE_HIGH": digits(row["value_high"]),
        "OBSERVATION_ID": row["observation_id"],
        "COMMENT_OBS": _comment(row),
    }


def _comment(row: dict[str, Any]) -> str | None:
    parts = {
        "{}": row["derivation"],
        "in print: {}": row["wording"],
        "note {}": row["footnote"],
        "declared discrepancy: {}": row["discrepancy"],
    }
    return "; ".join(form.format(part) for form, part in parts.items() if part) or None


def digits(value: Decimal | None, decimals: int | None = None) -> str | None:
    """Write a number with the decimals that are printed, or else with those that it needs."""
    if value is None:
        return None
    if decimals is not None:
        return f"{value:.{decimals}f}"
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written

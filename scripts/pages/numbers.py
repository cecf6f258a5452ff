"""Numbers and their place in print: the page of all, the list on a topic's page, key figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pages.data import Data, grouped, seed_of, tally
from pages.tables import Cell, Table, plain
from pages.text import Row, listed, number

HEADINGS = {
    "what": "What it counts",
    "obs_value": "Number",
    "fiscal_year": "Fiscal year",
    "locator": "Place in print",
    "seed": "Keyed in",
    "checks": "Checks",
}


def number_tables(data: Data) -> list[tuple[str, Table]]:
    """Return headings and tables of the numbers of each exhibit, and of the derived ones."""
    rows = data.observations.values()
    derived = [row for row in rows if row["obs_status"] == "derived"]
    printed = grouped([row for row in rows if row["obs_status"] == "published"], "exhibit_id")
    tables = []
    for name, found in {**printed, "derived": derived}.items():
        heading = "Derived from printed numbers"
        if name in printed:
            heading = data.exhibits[name]["heading"]
        caption = f"{heading}: numbers and their place in print"
        tables.append((heading, sources(data, found, f"numbers-{name.replace('.', '-')}", caption)))
    return tables


def sources(data: Data, observations: Sequence[Row], name: str, caption: str) -> Table:
    """Make the table of numbers with exhibit, locator, seed file and line."""
    checks = grouped(data.checks, "observation_id")
    rows = []
    for row in observations:
        value, observation_id = row["obs_value"], row["observation_id"]
        is_derived = row["obs_status"] == "derived"
        exact = None if value is None else str(value)
        declared = data.declared_link(observation_id, "checks.html")
        state = tally(checks.get(observation_id, ()))
        rows.append(
            (
                Cell(_what(row)),
                Cell(_shown(row), exact, "number", is_derived, declared=declared),
                plain(str(row["fiscal_year"])),
                Cell(_place(data, row)),
                Cell("" if is_derived else _keyed_in(row), kind="file"),
                Cell("{consistent} of {total} consistent".format(**state) * bool(state["total"])),
            )
        )
    ids = [row["observation_id"] for row in observations]
    return Table(name, caption, HEADINGS, rows, ids, "fct_observations")


def key_figures(data: Data, keys: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the figures of measures and categories, each of the latest fiscal year that has it."""
    latest = {
        (row["measure_id"], row["category_key"]): row
        for row in sorted(data.observations.values(), key=lambda row: int(row["fiscal_year"]))
        if row["population_id"] == "production_offenders"
        and row["is_preferred"]
        and row["obs_value"] is not None
    }
    return [
        {
            "text": _shown(row),
            "value": str(row["obs_value"]),
            "observation": row,
            "is_derived": row["obs_status"] == "derived",
            "place": _place(data, row).removeprefix("derived, "),
            "declared": data.declared_link(row["observation_id"], "checks.html"),
        }
        for row in (latest[key] for key in keys if key in latest)
    ]


def _shown(observation: Row) -> str:
    """Show a number as printed, and a derived one rounded, or its bounds where it is open."""
    value = observation["obs_value"]
    if observation["printed_value"] is not None:
        return str(observation["printed_value"])
    if value is None:
        bounds = [number(observation[f"value_{end}"]) for end in ("low", "high")]
        return " to ".join(dict.fromkeys(bounds))
    return number(value, 0 if value == value.to_integral_value() else 1)


def _place(data: Data, observation: Row) -> str:
    """Say where a number stands in print, or how it is derived."""
    if observation["obs_status"] == "derived":
        return f"derived, {observation['derivation']}"
    name = data.exhibits[observation["exhibit_id"]]["name"]
    locator = observation["locator"]
    found = locator if locator.casefold().startswith(name.casefold()) else f"{name}: {locator}"
    return found + (f", note {observation['footnote']}" if observation["footnote"] else "")


def _what(observation: Row) -> str:
    """Say in words what a number counts, and of whom."""
    category, population = observation["category_label"], observation["population_label"]
    if observation["classification_id"] == "population_total":
        category = population
    parts = [f"{category}: {observation['measure_label'].lower()}"]
    if (category, observation["measure_id"]) == (population, "offender_count"):
        parts = [population]
    if category != population and observation["population_id"] != "production_offenders":
        parts.append(f"of {population.lower()}")
    if observation["reference_category_id"]:
        parts.append(f"against {observation['reference_category_id']}")
    if observation["reference_fiscal_year"]:
        parts.append(f"since fiscal year {observation['reference_fiscal_year']}")
    return ", ".join(parts)


def _keyed_in(observation: Row) -> str:
    """Name the seed file, line and column that hold a printed number."""
    line = observation["row_number"] + 1  # the first is the header
    return f"{seed_of(observation['exhibit_id'])}, line {line}, column {observation['column_name']}"


def citations(data: Data, observations: Iterable[Row]) -> list[tuple[Row, list[tuple[Row, str]]]]:
    """Return each report with the exhibits that print numbers, and the places in each exhibit."""
    printed = (row for row in observations if row["obs_status"] == "published")
    cited: dict[str, list[tuple[Row, str]]] = {}
    for exhibit_id, rows in grouped(printed, "exhibit_id").items():
        exhibit = data.exhibits[exhibit_id]
        cited.setdefault(exhibit["report_id"], []).append((exhibit, _together(rows)))
    return [(data.reports[report_id], exhibits) for report_id, exhibits in cited.items()]


def _together(rows: Iterable[Row]) -> str:
    """Name the places of numbers by heading: `Coercion, paragraphs 1, 2 and 3`."""
    places: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        unit = "row" if row["paragraph"] is None else "paragraph"
        numeral = row["row_number"] if row["paragraph"] is None else row["paragraph"]
        places.setdefault((row["heading"], unit), {})[str(numeral)] = None
    return "; ".join(
        f"{heading}, {unit}{'s' if len(found) > 1 else ''} {listed(list(found))}"
        for (heading, unit), found in places.items()
    )

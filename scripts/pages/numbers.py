"""All numbers and their place in print: the page of them, and the list of them on other pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pages.data import Data, seed_of, tally
from pages.tables import Cell, Table, plain
from pages.text import Row, listed, number, range_of


def number_tables(data: Data) -> list[tuple[str, Table]]:
    """Return headings and tables of the numbers of each exhibit, and of the derived ones."""
    groups: dict[str, list[Row]] = {}
    for row in data.observations.values():
        group = "derived" if row["obs_status"] == "derived" else row["exhibit_id"]
        groups.setdefault(group, []).append(row)
    tables = []
    for group, rows in groups.items():
        heading = "Derived from printed numbers"
        if group != "derived":
            heading = data.exhibits[group]["heading"]
        name = f"numbers-{group.replace('.', '-')}"
        caption = f"{heading}: numbers and their place in print"
        tables.append((heading, sources(data, rows, name, caption)))
    return tables


def sources(data: Data, observations: Sequence[Row], name: str, caption: str) -> Table:
    """Make the table of numbers with exhibit, locator, seed file and line."""
    checks: dict[str, list[Row]] = {}
    for check in data.checks:
        checks.setdefault(check["observation_id"], []).append(check)
    headings = {
        "what": "What it counts",
        "obs_value": "Number",
        "fiscal_year": "Fiscal year",
        "locator": "Place in print",
        "seed": "Keyed in",
        "checks": "Checks",
    }
    rows = []
    for row in observations:
        value, observation_id = row["obs_value"], row["observation_id"]
        state = tally(checks.get(observation_id, ()))
        rows.append(
            (
                Cell(_what(row)),
                Cell(
                    shown(row),
                    None if value is None else str(value),
                    "number",
                    row["obs_status"] == "derived",
                    declared=data.declared_link(observation_id, "checks.html"),
                ),
                plain(str(row["fiscal_year"])),
                Cell(place(data, row)),
                Cell(_keyed_in(row), kind="file"),
                Cell("{consistent} of {total} consistent".format(**state) * bool(state["total"])),
            )
        )
    ids = [row["observation_id"] for row in observations]
    return Table(name, caption, headings, rows, ids, "fct_observations")


def shown(observation: Row) -> str:
    """Show a number as printed, and a derived one rounded, or its bounds where it is open."""
    value = observation["obs_value"]
    if observation["printed_value"] is not None:
        return str(observation["printed_value"])
    if value is None:
        return range_of(observation["value_low"], observation["value_high"])
    return number(value, 0 if value == value.to_integral_value() else 1)


def place(data: Data, observation: Row) -> str:
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
    if observation["obs_status"] == "derived":
        return ""
    # The first line is the header.
    line = observation["row_number"] + 1
    return f"{seed_of(observation['exhibit_id'])}, line {line}, column {observation['column_name']}"


def citations(data: Data, observations: Iterable[Row]) -> list[tuple[Row, list[tuple[Row, str]]]]:
    """Return each report with the exhibits that print numbers, and the places in each exhibit."""
    locators: dict[str, list[str]] = {}
    for row in observations:
        if row["obs_status"] == "published":
            locators.setdefault(row["exhibit_id"], []).append(row["locator"])
    cited: dict[str, list[tuple[Row, str]]] = {}
    for exhibit_id, found in locators.items():
        exhibit = data.exhibits[exhibit_id]
        cited.setdefault(exhibit["report_id"], []).append((exhibit, _together(found)))
    return [(data.reports[report_id], exhibits) for report_id, exhibits in cited.items()]


def _together(locators: Iterable[str]) -> str:
    """Join locators that differ in the number at their end: `Coercion, paragraphs 1, 2 and 3`."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for locator in dict.fromkeys(locators):
        heading, _, last = locator.rpartition(", ")
        unit, _, numeral = last.partition(" ")
        numbers.setdefault((heading, unit), []).append(numeral)
    return "; ".join(
        f"{heading}, {unit}{'s' if len(found) > 1 else ''} {listed(found)}"
        for (heading, unit), found in numbers.items()
    )

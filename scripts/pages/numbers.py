"""Numbers and their place in print: the tables of each report, the index of all, citations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pages.data import Data, grouped, place_of, seed_of, tally
from pages.tables import Cell, Table, plain
from pages.text import Row, listed, number, uncapitalized

HEADINGS = {
    "what": "What it counts",
    "obs_value": "Number",
    "fiscal_year": "Fiscal year",
    "locator": "Place in print",
    "seed": "Keyed in",
    "checks": "Checks",
}


def number_tables(data: Data, report_id: str) -> list[tuple[str, Table]]:
    """Return headings and tables of the numbers of each exhibit, and of the derived ones."""
    rows = [row for row in data.observations.values() if row["report_id"] == report_id]
    derived = [row for row in rows if row["obs_status"] == "derived"]
    printed = grouped([row for row in rows if row["obs_status"] == "published"], "exhibit_id")
    found = [(name, data.exhibits[name]["heading"], rows) for name, rows in printed.items()]
    found += [("derived", "Derived from printed numbers", derived)] if derived else []
    return [
        (heading, _sources(data, rows, f"numbers-{name.replace('.', '-')}", heading))
        for name, heading, rows in found
    ]


def _sources(data: Data, observations: Sequence[Row], name: str, heading: str) -> Table:
    """Make the table of numbers with exhibit, locator, seed file and line."""
    checks = grouped(data.checks, "observation_id")
    rows = []
    for row in observations:
        state = tally(checks.get(row["observation_id"], ()))
        rows.append(
            (
                Cell(what_of(row), href=f"cite/{row['report_id']}.html#{row['observation_id']}"),
                replace(number_cell(data, row), href=None),
                plain(str(row["fiscal_year"])),
                Cell(place_in_print(data, row)),
                Cell(_keyed_in(row), kind="file"),
                Cell("{consistent} of {total} consistent".format(**state) * bool(state["total"])),
            )
        )
    ids = [row["observation_id"] for row in observations]
    caption = f"{heading}: numbers and their place in print"
    return Table(name, caption, HEADINGS, rows, ids, "fct_observations")


def search_index(data: Data) -> str:
    """Return the script that holds what the page of all numbers searches and shows."""
    rows = [
        {
            "what": what_of(row),
            "number": shown(row) + unit_of(row),
            "year": str(row["fiscal_year"]),
            "report": data.reports[row["report_id"]]["title"],
            "population": row["population_label"],
            "measure": row["measure_label"],
            "category": f"{row['classification_label']}: {row['category_label']}",
            "status": "printed" if row["obs_status"] == "published" else "derived",
            "place": place_in_print(data, row),
            "href": place_of(row),
        }
        for row in data.observations.values()
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"const NUMBERS = [\n{lines}\n];\n"


def number_cell(data: Data, observation: Row) -> Cell:
    """Show a number with its exact value, linked to its place in print and its discrepancy."""
    declared = data.declared.get(observation["observation_id"])
    return Cell(
        shown(observation),
        None if observation["obs_value"] is None else str(observation["obs_value"]),
        "number",
        observation["obs_status"] == "derived",
        place_of(observation),
        f"checks.html#{declared}" if declared else None,
    )


def unit_of(observation: Row) -> str:
    """Write the unit that stands after a number, in the singular after one."""
    if observation["obs_value"] is None or observation["unit"] == "offenders":
        return ""
    if observation["unit"] == "percent":
        return "%"
    is_one = observation["obs_value"] == 1
    return f" {observation['unit'].removesuffix('s') if is_one else observation['unit']}"


def shown(observation: Row) -> str:
    """Show a number as printed, and a derived one rounded, or its bounds where it is open."""
    value = observation["obs_value"]
    if observation["printed_value"] is not None:
        return str(observation["printed_value"])
    if value is None:
        bounds = [number(observation[f"value_{end}"]) for end in ("low", "high")]
        return " to ".join(dict.fromkeys(bounds))
    return number(value, 0 if value == value.to_integral_value() else 1)


def place_in_print(data: Data, observation: Row) -> str:
    """Say where a number stands in print, or how it is derived."""
    if observation["obs_status"] == "derived":
        return f"derived, {observation['derivation']}"
    name = data.exhibits[observation["exhibit_id"]]["name"]
    locator = observation["locator"]
    found = locator if locator.casefold().startswith(name.casefold()) else f"{name}: {locator}"
    return found + (f", note {observation['footnote']}" if observation["footnote"] else "")


def what_of(observation: Row, names_population: bool = True) -> str:
    """Say in words what a number counts, and of whom."""
    population, measure = observation["population_label"], observation["measure_label"]
    if observation["category_role"] != "total":
        parts = [f"{observation['category_label']}: {measure.lower()}"]
        parts += [f"of {uncapitalized(population)}"] * names_population
    else:
        parts = [f"{population}: {measure.lower()}" if names_population else measure]
    if observation["reference_category_id"]:
        parts.append(f"against {uncapitalized(observation['reference_label'])}")
    if observation["reference_fiscal_year"]:
        parts.append(f"since fiscal year {observation['reference_fiscal_year']}")
    return ", ".join(parts)


def _keyed_in(observation: Row) -> str:
    """Name the seed file, line and column that hold a printed number."""
    if observation["obs_status"] == "derived":
        return ""
    line = observation["row_number"] + 1  # the first is the header
    return f"{seed_of(observation['exhibit_id'])}, line {line}, column {observation['column_name']}"


def citations(data: Data, observations: Iterable[Row]) -> list[tuple[Row, str, str]]:
    """Return the exhibits that print numbers, with the places in each and an address of one."""
    printed = (row for row in observations if row["obs_status"] == "published")
    return [
        (data.exhibits[exhibit_id], _together(rows), place_of(rows[0]))
        for exhibit_id, rows in grouped(printed, "exhibit_id").items()
    ]


def _together(rows: Iterable[Row]) -> str:
    """Name the places of numbers by heading: `Coercion, paragraphs 1, 2 and 3`."""
    places: dict[tuple[str, str], dict[int, None]] = {}
    for row in rows:
        unit = "row" if row["paragraph"] is None else "paragraph"
        numeral = row["row_number"] if row["paragraph"] is None else row["paragraph"]
        places.setdefault((row["heading"], unit), {})[numeral] = None
    return "; ".join(
        f"{heading}, {unit}{'s' if len(found) > 1 else ''} {listed([*map(str, sorted(found))])}"
        for (heading, unit), found in places.items()
    )

"""What more than one page needs from the warehouse: reports, exhibits, numbers and checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from pages.text import Row
from warehouse.database import named_rows
from warehouse.project import UserError

TEMPLATES = Path(__file__).with_name("templates")


class Data:
    """Rows of the warehouse by their keys, in the order in which pages show them.

    `shares` and `totals` hold the observations that they are made of. `declared` gives the declared
    discrepancy of an observation, `order` its place in the order of the print, all by their ids.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the rows."""
        self._connection = connection
        self.reports = {row["report_id"]: row for row in self.query(sql_of("reports"))}
        self.exhibits = {row["exhibit_id"]: row for row in self.query(sql_of("exhibits"))}
        observations = self.query(sql_of("observations"))
        self.observations = {row["observation_id"]: row for row in observations}
        self.order = {name: place for place, name in enumerate(self.observations)}
        self.populations = {row["population_id"]: row for row in self.query(sql_of("populations"))}
        self.shares = self._with_observations(sql_of("shares"))
        self.totals = self._with_observations(sql_of("totals"))
        self.rules = self.query(sql_of("rules"))
        self.checks = self.query(sql_of("checks"))
        self.discrepancies = self.query(sql_of("discrepancies"))
        self.bounds = self.query(sql_of("bounds"))
        self.reconciliations = self.query(sql_of("reconciliations"))
        self.declared = {row["observation_id"]: row["discrepancy_id"] for row in self.discrepancies}
        for exhibit in self.exhibits.values():
            exhibit["report"] = self.reports[exhibit["report_id"]]
        for report in self.reports.values():
            report["citation"] = "{publisher}, {title} ({date})".format(**report)
        for item in self.discrepancies:
            item["href"] = place_of(self.observations[item["observation_id"]])
            item["exhibit"] = self.exhibits[item["exhibit_id"]]["name"]

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query, or refuse a warehouse that lacks a table or a column."""
        try:
            result = self._connection.execute(sql)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            missing = str(error).splitlines()[0]
            raise UserError(
                f"the warehouse is of an older build ({missing}): run make build again"
            ) from error
        return named_rows(result)

    def _with_observations(self, sql: str) -> list[Row]:
        """Return rows with their observations: `count` is what `count_observation_id` names."""
        rows = self.query(sql)
        for row in rows:
            for name in [name for name in row if name.endswith("_observation_id")]:
                kind = name.removesuffix("_observation_id")
                row[kind] = self.observations.get(row[name])
        return rows

    def main_populations(self, report_id: str) -> list[str]:
        """Name the populations that the exhibits of a report are about, the first one first."""
        exhibits = [row for row in self.exhibits.values() if row["report_id"] == report_id]
        return list(dict.fromkeys(row["population_id"] for row in exhibits))

    def totals_of(self, population_id: str, years: set[int]) -> list[Row]:
        """Return the totals of a population in some fiscal years, in their order."""
        own = (row for row in self.totals if row["population_id"] == population_id)
        return [row for row in own if row["fiscal_year"] in years]


def sql_of(name: str) -> str:
    """Read a query of templates/queries/."""
    return (TEMPLATES / "queries" / f"{name}.sql").read_text(encoding="utf-8").rstrip()


def place_of(observation: Row) -> str:
    """Return the address of a number on the pages."""
    return f"numbers/{observation['report_id']}.html#{observation['observation_id']}"


def seed_of(exhibit_id: str) -> str:
    """Return the path of the file that an exhibit is keyed in."""
    report, _, exhibit = exhibit_id.partition(".")
    return f"seeds/{report}/raw_{report}__{exhibit}.csv"


def grouped(rows: Iterable[Row], *keys: str) -> dict[Any, list[Row]]:
    """Group rows by one column or several, in the order in which their values come first."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        key = row[keys[0]] if len(keys) == 1 else tuple(row[name] for name in keys)
        groups.setdefault(key, []).append(row)
    return groups


def tally(checks: Iterable[Row]) -> dict[str, int]:
    """Count checks. Those that could not be made, or that no value fails, are counted apart."""
    counts = Counter("vacuous" if check["is_vacuous"] else check["verdict"] for check in checks)
    apart = {name: counts[name] for name in ("not_checkable", "vacuous")}
    total = counts.total() - sum(apart.values())
    return {"total": total, "consistent": counts["consistent"], **apart}

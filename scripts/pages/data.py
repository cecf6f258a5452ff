"""What more than one page needs from the warehouse: reports, exhibits, numbers and checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import duckdb

from pages.text import Row
from warehouse.project import UserError

TEMPLATES = Path(__file__).with_name("templates")


class Data:
    """Rows of the warehouse by their keys, in the order in which pages show them.

    `declared` gives the declared discrepancy of an observation, both as ids.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the rows."""
        self._connection = connection
        self.reports = {row["report_id"]: row for row in self.query(sql_of("reports"))}
        self.exhibits = {row["exhibit_id"]: row for row in self.query(sql_of("exhibits"))}
        observations = self.query(sql_of("observations"))
        self.observations = {row["observation_id"]: row for row in observations}
        self.checks = self.query(sql_of("checks"))
        self.discrepancies = self.query(sql_of("discrepancies"))
        self.declared = {row["observation_id"]: row["discrepancy_id"] for row in self.discrepancies}
        for exhibit in self.exhibits.values():
            exhibit["report"] = self.reports[exhibit["report_id"]]
        for item in self.discrepancies:
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
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def declared_link(self, observation_id: str, page: str = "") -> str | None:
        """Link to the discrepancy that is declared of a number, if one is."""
        declared = self.declared.get(observation_id)
        return f"{page}#{declared}" if declared else None


def sql_of(name: str) -> str:
    """Read a query of templates/queries/."""
    return (TEMPLATES / "queries" / f"{name}.sql").read_text(encoding="utf-8").rstrip()


def seed_of(exhibit_id: str) -> str:
    """Return the path of the file that an exhibit is keyed in."""
    report, _, exhibit = exhibit_id.partition(".")
    return f"seeds/{report}/raw_{report}__{exhibit}.csv"


def grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    """Group rows by a column, in the order in which its values come first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def tally(checks: Iterable[Row]) -> dict[str, int]:
    """Count checks. Those that could not be made, or that no value fails, are counted apart."""
    counts = Counter("vacuous" if check["is_vacuous"] else check["verdict"] for check in checks)
    apart = {name: counts[name] for name in ("not_checkable", "vacuous")}
    total = counts.total() - sum(apart.values())
    return {"total": total, "consistent": counts["consistent"], **apart}

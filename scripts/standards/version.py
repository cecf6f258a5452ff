"""The version of the data: stated in CHANGELOG.md, and checked against the release before.

Major where a key or a published value changes or goes, minor where data are added, patch where only
labels or descriptions change. The dimensions and `fct_observations` hold every key and every
number; the other marts follow from them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.database import quoted, text
from warehouse.manifest import Mart, read_marts
from warehouse.project import PROJECT, UserError

CHANGELOG = PROJECT / "CHANGELOG.md"
STATED = re.compile(r"\bData version (\d+)\.(\d+)\.(\d+)\b")
FACT = "fct_observations"
VALUES = ("series_key", "obs_status", "printed_value", "obs_value", "value_low", "value_high")
LEVELS = ("major", "minor", "patch")


@dataclass(frozen=True)
class Change:
    """What changed since another build: the level, and one example of what makes it so."""

    level: str
    reason: str

    def after(self, version: str) -> str:
        """Return the version that follows on another one."""
        numbers = [int(number) for number in version.split(".")]
        place = LEVELS.index(self.level)
        return ".".join(map(str, [*numbers[:place], numbers[place] + 1, 0, 0][:3]))


def stated_version(changelog: Path = CHANGELOG) -> str:
    """Return the newest data version that CHANGELOG.md states; where it states none, the first."""
    found = STATED.search(changelog.read_text(encoding="utf-8")) if changelog.exists() else None
    return ".".join(found.groups()) if found else "1.0.0"


def check_version(before: Path, after: Path) -> Change | None:
    """Compare two folders, each with a warehouse and its manifest; return what changed.

    Raises:
        UserError: CHANGELOG.md states a version that does not say so.

    """
    with duckdb.connect() as connection:
        for name, folder in (("old", before), ("new", after)):
            path = text(str(folder / "warehouse.duckdb"))
            connection.execute(f"attach {path} as {name} (read_only)")
        change = compared(connection, before / "manifest.json", after / "manifest.json")
        if change is None or (old := version_in(connection, "old")) is None:
            return change
        needed, stated = change.after(old), version_in(connection, "new") or "0.0.0"
        if _numbers(stated) < _numbers(needed):
            raise UserError(
                f"the data are of version {needed}, a {change.level} change ({change.reason}): "
                f"CHANGELOG.md says {stated}; write 'Data version {needed}' there"
            )
    return change


def version_in(connection: duckdb.DuckDBPyConnection, database: str = "") -> str | None:
    """Return the data version of a warehouse; None where it was built before there was any."""
    about = f"{database}.release.about" if database else "release.about"
    try:
        [[version]] = connection.execute(f"select data_version from {about}").fetchall()
    except duckdb.BinderException:
        return None
    return str(version)


def compared(
    connection: duckdb.DuckDBPyConnection, manifest_before: Path, manifest_after: Path
) -> Change | None:
    """Return what changed from the database `old` to the database `new`; None for nothing."""
    before = {mart.name: mart for mart in read_marts(manifest_before)}
    after = {mart.name: mart for mart in read_marts(manifest_after)}
    for name, mart in before.items():
        if gone := _only_in(connection, mart, after.get(name), "old", "new"):
            return Change("major", f"{gone} is gone")
    if changed := _changed(connection, before[FACT]):
        return Change("major", f"{changed} has another value")
    for name, mart in after.items():
        if new := _only_in(connection, mart, before.get(name), "new", "old"):
            return Change("minor", f"{new} is new")
    builds = [
        connection.execute(f"select build_id from {name}.release.about").fetchall()
        for name in ("old", "new")
    ]
    return Change("patch", "labels, descriptions or checks") if builds[0] != builds[1] else None


def _only_in(
    connection: duckdb.DuckDBPyConnection, mart: Mart, other: Mart | None, here: str, there: str
) -> str | None:
    """Name the mart, or a column or a key of it, that only one of two databases has."""
    if other is None:
        return mart.name
    columns = {column.name for column in mart.columns} - {column.name for column in other.columns}
    if columns:
        return f"{mart.name}.{min(columns)}"
    if not (mart.name.startswith("dim_") or mart.name == FACT):
        return None
    keys = ", ".join(quoted(name) for name in mart.primary_key)
    found = connection.execute(
        f"select {keys} from {here}.{mart.relation} except"
        f" select {keys} from {there}.{mart.relation} order by all limit 1"
    ).fetchone()
    return f"{mart.name} {' '.join(map(str, found))}" if found else None


def _changed(connection: duckdb.DuckDBPyConnection, mart: Mart) -> str | None:
    """Name an observation that both databases have, with different values."""
    values = ", ".join(quoted(name) for name in VALUES)
    found = connection.execute(
        f"select observation_id from (select observation_id, {values} from old.{mart.relation}"
        f" except select observation_id, {values} from new.{mart.relation}) order by all limit 1"
    ).fetchone()
    return f"{mart.name} {found[0]}" if found else None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]

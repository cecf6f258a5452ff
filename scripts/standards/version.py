"""The version of the data: stated in CHANGELOG.md, and checked against the release before.

Major where a key or a value of a number changes or goes, minor where data are added, patch where
only labels, descriptions or checks change. The dimensions and `fct_observations` hold every key
and every number; the other marts follow from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from warehouse.database import text
from warehouse.manifest import Mart, read_marts
from warehouse.project import PROJECT, UserError

CHANGELOG = PROJECT / "CHANGELOG.md"
STATED = re.compile(r"\bData version (\d+\.\d+\.\d+)\b")
FACT = "fct_observations"
VALUES = ("series_key", "obs_status", "printed_value", "obs_value", "value_low", "value_high")
LEVELS = ("major", "minor", "patch")


def stated_version(changelog: Path = CHANGELOG) -> str:
    """Return the newest data version that CHANGELOG.md states; where it states none, the first."""
    found = STATED.search(changelog.read_text(encoding="utf-8")) if changelog.exists() else None
    return found[1] if found else "1.0.0"


def next_version(version: str, level: str) -> str:
    """Return the version that follows on another one: `minor` makes 1.1.0 of 1.0.3."""
    place = LEVELS.index(level)
    numbers = [int(number) for number in version.split(".")]
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1, 0, 0][:3]))


def check_version(before: Path, after: Path) -> None:
    """Compare two folders, each with a warehouse and its manifest.

    Raises:
        UserError: CHANGELOG.md states a version that does not say what changed.

    """
    with duckdb.connect() as connection:
        for name, folder in (("old", before), ("new", after)):
            path = text(str(folder / "warehouse.duckdb"))
            connection.execute(f"attach {path} as {name} (read_only)")
        try:
            old, new = (version_in(connection, name) for name in ("old.", "new."))
        except duckdb.BinderException:
            return  # the release before was made when data had no version
        found = _changes(connection, before / "manifest.json", after / "manifest.json")
        level, reason = next(found, ("", ""))
    needed = next_version(old, level) if level else old
    if [*map(int, new.split("."))] < [*map(int, needed.split("."))]:
        raise UserError(
            f"the data are of version {needed}, a {level} change ({reason}), CHANGELOG.md says "
            f"{new}: write 'Data version {needed}' there"
        )


def version_in(connection: duckdb.DuckDBPyConnection, database: str = "") -> str:
    """Return the data version of a warehouse."""
    sql = f"select data_version from {database}release.about"
    return str(connection.execute(sql).fetchall()[0][0])


def _changes(
    connection: duckdb.DuckDBPyConnection, before: Path, after: Path
) -> Iterator[tuple[str, str]]:
    """Yield what changed from `old` to `new`, the gravest first: the level, and an example."""
    marts = {"old": _described(before), "new": _described(after)}
    for level, here, there, verb in (
        ("major", "old", "new", "is gone or has another value"),
        ("minor", "new", "old", "is new"),
    ):
        for name, mart in marts[here].items():
            columns = {column.name for column in mart.columns}
            other = marts[there].get(name)
            missing = columns - {column.name for column in other.columns} if other else {"*"}
            yield from ((level, f"{name}.{column} {verb}") for column in sorted(missing))
            if not missing and (name.startswith("dim_") or name == FACT):
                values = VALUES if name == FACT and here == "old" else ()
                keys = ", ".join(dict.fromkeys([*mart.primary_key, *values]))
                sql = f"select {keys} from {{}}.{mart.relation}"
                rows = connection.execute(f"{sql.format(here)} except {sql.format(there)}")
                yield from ((level, f"{name} {row[0]} {verb}") for row in sorted(rows.fetchall()))
    builds = "select build_id from {}.release.about"
    sql = f"{builds.format('old')} except {builds.format('new')}"
    yield from (("patch", "labels, descriptions or checks") for _ in connection.sql(sql).fetchall())


def _described(manifest: Path) -> dict[str, Mart]:
    return {mart.name: mart for mart in read_marts(manifest)}

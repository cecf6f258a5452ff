"""Proposals of bounds: what the solver says before the build, kept while its basis stays the same.

A first dbt run makes the constraints alone, of all systems, for which a row `ask` asks. What the
solver proposes is written to `.work/bounds.csv`, and loaded by the build as `raw.bound_proposals`.
The models take it only for systems that have the hash that stands beside it, and tests prove it.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.database import STORAGE
from warehouse.dbt import BuildFailedError, close_connections, has_failed, run_dbt
from warehouse.project import PROJECT
from warehouse.sheets import PROPOSALS, load_sheets, proposals, proposals_path, write_csv

if TYPE_CHECKING:
    from bounds.solver import Case, End, Numbers

logger = logging.getLogger("build")

# What proposals follow from, beside the version of the solver; those of a system, with its hash.
SOLVER = ("scripts/bounds",)
BASIS = (*SOLVER, "macros", "models", "seeds")
MODELS = "+int_bound_hashes"
TERMS = """
select constraint_id, assumption_id, variable_key, is_whole, is_signed, coefficient, low, high
from intermediate.int_bound_terms where system_id = ? order by 1, 3
"""
TARGETS = """
select bound_id, variable_key, divisor_variable_key, is_whole
from intermediate.int_bound_targets where system_id = ? order by 1
"""

Row = dict[str, str]


def propose(warehouse: Path, target_path: Path) -> None:
    """Make the proposals that the next build loads, unless those of the last have the same basis.

    Say of which bounds there is none, and why.

    Args:
        warehouse: a file that does not exist, and does not at the end.
        target_path: where dbt leaves its artifacts.

    """
    path, basis, solver = proposals_path(PROJECT), _hash(BASIS), _hash(SOLVER)
    rows = proposals(PROJECT)
    first = rows[0] if rows else {}
    if first.get("item") != basis:
        path.unlink(missing_ok=True)
        logger.info("asking the solver for bounds")
        kept = rows[1:] if first.get("system_hash") == solver else []
        found = _ask_solver(warehouse, target_path, kept)
        if found is None:
            return
        rows = [{"kind": "basis", "item": basis, "system_hash": solver}, *found]
        path.parent.mkdir(exist_ok=True)
        work = path.with_suffix(f".{os.getpid()}")
        write_csv(work, rows, PROPOSALS)
        work.replace(path)
    for row in rows:
        if row["kind"] == "problem":
            logger.warning("no bound: %s %s: %s", row["system_id"], row["bound_id"], row["item"])


def _hash(folders: Iterable[str]) -> str:
    """Return the hash of the files in folders, and of the version of the solver."""
    try:
        digest = hashlib.sha256(version("highspy").encode())
    except PackageNotFoundError:
        digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((PROJECT / folder).rglob("*.*")):
            if path.suffix in (".csv", ".py", ".sql", ".yml"):
                digest.update(path.relative_to(PROJECT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _ask_solver(warehouse: Path, target_path: Path, kept: Iterable[Row]) -> list[Row] | None:
    """Make the constraints, and return proposals; None if that fails, as the build will then.

    Those kept are taken for systems that have not changed, unless they have problems.
    """
    os.environ["WAREHOUSE_PATH"] = str(warehouse)
    try:
        with duckdb.connect(str(warehouse), config=STORAGE) as connection:
            load_sheets(connection, PROJECT)
            connection.execute("insert into raw.bound_proposals (kind) values ('ask')")
        results = run_dbt("duckdb", target_path, unit_tests=False, models=MODELS)
        close_connections()
        if any(map(has_failed, results)):
            return None
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return list(all_systems(connection, kept))
    except BuildFailedError:
        return None
    finally:
        close_connections()
        for file in warehouse.parent.glob(f"{warehouse.name}*"):
            file.unlink()


def all_systems(connection: duckdb.DuckDBPyConnection, kept: Iterable[Row]) -> Iterator[Row]:
    """Bound all targets of all systems: rows of `raw.bound_proposals`."""
    known: dict[str, list[Row]] = {}
    for row in kept:
        known.setdefault(row["system_hash"], []).append(row)
    try:
        # Imported here: a build without the solver says so, and publishes no bounds.
        from bounds.solver import SECONDS
    except ImportError:
        yield {"kind": "problem", "item": "highspy is not installed"}
        return
    until = time.monotonic() + SECONDS
    for system_id, system_hash in connection.execute(
        "select system_id, system_hash from intermediate.int_bound_hashes order by 1"
    ).fetchall():
        rows = known.get(system_hash, [])
        if not rows or any(row["kind"] == "problem" for row in rows):
            rows = list(bound_system(connection, system_id, until))
        yield from ({**row, "system_id": system_id, "system_hash": system_hash} for row in rows)


def bound_system(
    connection: duckdb.DuckDBPyConnection, system_id: str, until: float = math.inf
) -> Iterator[Row]:
    """Bound all targets of a system: rows of `raw.bound_proposals` but for the system.

    What the solver says is taken only if it is proven, so that no answer of it stops a build.
    """
    from bounds.solver import LARGEST, ContradictoryError, NotBoundedError
    from bounds.terms import system_of

    terms = connection.execute(TERMS, [system_id]).fetchall()
    system = system_of(terms, until)
    for bound_id, variable, divisor, whole in connection.execute(TARGETS, [system_id]).fetchall():
        try:
            low, high = (system.bound(variable, divisor, sign, whole=whole) for sign in (1, -1))
            rows = [
                {"bound_id": bound_id, "side": side, **row}
                for side, end in (("low", low), ("high", high))
                for row in _rows(end, f"{bound_id}:{side}:")
            ]
            names = ("numerator", "denominator")
            if max(abs(int(row.get(name, 0))) for row in rows for name in names) > LARGEST:
                raise NotBoundedError("its proof has too large numbers")
            yield from rows
        except ContradictoryError as error:
            yield {"bound_id": "", "kind": "problem", "item": str(error)}
            return
        except NotBoundedError as error:
            yield {"bound_id": bound_id, "kind": "problem", "item": str(error)}
        except Exception as error:
            text = f"the solver fails: {type(error).__name__} {error}"
            yield {"bound_id": bound_id, "kind": "problem", "item": text}


def _rows(end: End, end_id: str) -> Iterator[Row]:
    yield {"kind": "bound", **_fraction(end.value)}
    for case in end.cases:
        value = {} if case.value is None else _fraction(case.value)
        yield {"kind": "case", "case_path": case.path, **value}
        for row in _over_one_denominator(_named(case, end_id)):
            yield {"kind": "multiplier", "case_path": case.path, **row}
    for path, (name, limit) in end.splits.items():
        yield {"kind": "split", "case_path": path, "item": name, **_fraction(Fraction(limit))}
    for row in _over_one_denominator(end.witness):
        yield {"kind": "witness", **row}


def _named(case: Case, end_id: str) -> Numbers:
    """Name each split on the way as int_bound_constraints does, with the way taken."""
    splits = {f"split:{case.path[:n]}": f"split:{end_id}{case.path[: n + 1]}" for n in range(60)}
    return {splits.get(key, key): number for key, number in case.multipliers.items()}


def _fraction(number: Fraction) -> Row:
    return {"numerator": str(number.numerator), "denominator": str(number.denominator)}


def _over_one_denominator(numbers: Numbers) -> Iterator[Row]:
    scale = math.lcm(*(number.denominator for number in numbers.values()))
    for item, number in numbers.items():
        row = {"numerator": str(int(number * scale)), "denominator": str(scale)}
        yield {"item": item, **row}

"""The SQL of a build, taken from dbt's artifacts and run on bare DuckDB in this process.

dbt compiles the project once; its artifacts hold the SQL of every seed, model and test. Running
that again costs a fraction of a build, which is what a benchmark compares with and what tests on
altered numbers are made of. The raw tables are no part of it: `warehouse.sheets` loads them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from warehouse.database import quoted, text
from warehouse.project import UserError

KINDS = {"seed": "seeds", "model": "models", "test": "tests"}


@dataclass(frozen=True)
class Step:
    """The SQL that does the work of one node.

    Attributes:
        name: the node's name.
        unique_id: dbt's id of the node.
        kind: seeds, models or tests.
        database: name of the database that the SQL refers to.
        relation: what the node makes, quoted; empty for a test.
        statements: SQL to run in turn; of a test the query alone, whose rows are its failures.
        depends_on: dbt's ids of the nodes and raw tables that it reads.

    """

    name: str
    unique_id: str
    kind: str
    database: str
    relation: str
    statements: tuple[str, ...]
    depends_on: tuple[str, ...]


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of dbt.

    Raises:
        UserError: there is none, or it is not JSON.

    """
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON") from error
    return content


def read_steps(manifest: Path, run_results: Path) -> list[Step]:
    """Return the steps of a build in the order in which its nodes ended.

    A node ends after all that it depends on, so that order is one of dependency. Ephemeral models
    are part of the compiled SQL of others; unit tests are left out.
    """
    nodes = read_json(manifest)["nodes"]
    steps = []
    for result in read_json(run_results)["results"]:
        node = nodes.get(result["unique_id"], {})
        kind = KINDS.get(node.get("resource_type", ""))
        if kind:
            steps.append(
                Step(
                    name=node["name"],
                    unique_id=node["unique_id"],
                    kind=kind,
                    database=node["database"],
                    relation="" if kind == "tests" else _relation(node),
                    statements=_statements(kind, node, result.get("compiled_code") or ""),
                    depends_on=tuple(_dependencies(node, nodes)),
                )
            )
    return steps


def open_database(step: Step, path: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """Open a database, in memory or a file, under the name that the compiled SQL gives it."""
    connection = duckdb.connect()
    connection.execute(f"attach {text(path)} as {quoted(step.database)}")
    connection.execute(f"use {quoted(step.database)}")
    return connection


def run_steps(connection: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> dict[str, list[Any]]:
    """Run steps in turn.

    Returns:
        The failures of each test that has any: test name -> rows.

    """
    failures = {}
    for step in steps:
        rows: list[Any] = []
        for statement in step.statements:
            rows = connection.execute(statement).fetchall()
        if step.kind == "tests" and rows:
            failures[step.name] = rows
    return failures


def materialized(step: Step) -> Step:
    """Return a step that makes a table where the build makes a view."""
    view, table = "create or replace view", "create or replace table"
    return replace(step, statements=tuple(s.replace(view, table, 1) for s in step.statements))


def _relation(node: dict[str, Any]) -> str:
    return f"{quoted(node['schema'])}.{quoted(node['alias'])}"


def _dependencies(node: dict[str, Any], nodes: dict[str, Any]) -> list[str]:
    """Return what a node reads, with ephemeral models replaced by what those read."""
    found: list[str] = []
    for unique_id in node.get("depends_on", {}).get("nodes", []):
        parent = nodes.get(unique_id)  # none of a raw table
        if parent and parent["config"].get("materialized") == "ephemeral":
            found += _dependencies(parent, nodes)
        else:
            found.append(unique_id)
    return list(dict.fromkeys(found))


def _statements(kind: str, node: dict[str, Any], compiled: str) -> tuple[str, ...]:
    if kind == "tests":
        return (compiled,)
    schema = f"create schema if not exists {quoted(node['schema'])}"
    if kind == "seeds":
        return (schema, *_seed_statements(node))
    what = "view" if node["config"]["materialized"] == "view" else "table"
    return (schema, f"create or replace {what} {_relation(node)} as {compiled}")


def _seed_statements(node: dict[str, Any]) -> tuple[str, ...]:
    """Load a seed as dbt-duckdb does; its types are declared in the order of the file's columns."""
    columns = ", ".join(f"{quoted(n)} {t}" for n, t in node["config"]["column_types"].items())
    path = text(str(Path(node["root_path"]) / node["original_file_path"]))
    return (
        f"create or replace table {_relation(node)} ({columns})",
        f"copy {_relation(node)} from {path} (format csv, header true)",
    )

"""The build without dbt: whether an altered sheet would fail it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from verification.mutants import write_sheet
from verification.replay import Step, materialized, open_database, read_steps, run_steps
from warehouse.database import quoted
from warehouse.project import UserError
from warehouse.seed_files import check_seed_files
from warehouse.sheets import CELLS, COMPARISONS, Sheet, load_sheets

FORM = "form of the sheet"
VERDICTS = "fct_consistency_checks__nothing_is_inconsistent"


@dataclass(frozen=True)
class Build:
    """What a build has left: the project's sheets, dbt's manifest, and its results."""

    project: Path
    manifest: Path
    run_results: Path


class Engine:
    """The compiled SQL of a build, run on an altered sheet only as far as one test fails.

    Most of the time of so small a build is parsing and planning. So each statement is parsed once,
    a table is made again only when a test reads it, and what caught the last error of a kind is
    tried first on the next. Beside the tests there are probes: a rule alone, whose failure fails
    the test that nothing is inconsistent.
    """

    def __init__(self, build: Build) -> None:
        """Run the build once; views become tables, so that only what changes is made again.

        Raises:
            UserError: the build fails already.

        """
        steps = [materialized(step) for step in read_steps(build.manifest, build.run_results)]
        self.connection = open_database(steps[0])
        self.connection.execute("set threads = 1")
        load_sheets(self.connection, build.project)
        failing = run_steps(self.connection, steps)
        if failing:
            raise UserError(f"the build to mutate fails already: {', '.join(failing)}")
        self.makes = {step.unique_id: step for step in steps if step.kind != "tests"}
        self.probes = {rule: probe for rule, probe in _probes(steps)}
        self.tests = [step for step in steps if step.kind == "tests"]
        self.reads = {
            step.unique_id: self._ancestors(step) for step in (*self.tests, *self.probes.values())
        }
        self.tests.sort(key=lambda test: len(self.reads[test.unique_id]))
        self.parsed = {
            step.unique_id: [
                parsed
                for statement in step.statements
                for parsed in self.connection.extract_statements(statement)
            ]
            for step in (*self.makes.values(), *self.tests, *self.probes.values())
        }
        self.order: dict[Any, list[Step]] = {}

    def kill(self, sheet: Sheet, like: Any) -> str:
        """Return what catches an altered sheet: the name of a test or probe; empty for nothing.

        Args:
            sheet: the sheet, whose exhibit the build has.
            like: what it has in common with others that are likely to be caught by the same.

        """
        if _faults(sheet):
            return FORM
        altered = {"cells", "comparisons"} if "left_row" in sheet.columns else {"cells"}
        stale = self._readers(altered)
        order = self.order.setdefault(
            like, [test for test in self.tests if stale.intersection(self.reads[test.unique_id])]
        )
        self.connection.begin()
        try:
            self._load(sheet, altered)
            for position, test in enumerate(order):
                failure = self._failure(test, stale)
                if failure is not None:
                    order.insert(0, order.pop(position))
                    if test.name == VERDICTS:
                        self._promote(order, failure)
                    return test.name
            return ""
        finally:
            self.connection.rollback()

    def _failure(self, test: Step, stale: set[str]) -> str | None:
        """Make what a test reads, and return its first failure or the error; none if it passes."""
        try:
            for unique_id in self.reads[test.unique_id]:
                if unique_id in stale and unique_id in self.makes:
                    self._run(unique_id)
                    stale.remove(unique_id)
            row = self._run(test.unique_id).fetchone()
        except duckdb.Error as error:
            return str(error)
        return None if row is None else str(row[0])

    def _promote(self, order: list[Step], failure: str) -> None:
        """Try first the probe of the rule that a failure names by its check."""
        named = re.search(r"check_id (\w+):", failure)
        if named and self.probes[named.group(1)] not in order:
            order.insert(0, self.probes[named.group(1)])

    def _run(self, unique_id: str) -> duckdb.DuckDBPyConnection:
        for statement in self.parsed[unique_id]:
            self.connection.execute(statement)
        return self.connection

    def _ancestors(self, step: Step) -> list[str]:
        """Return what a step reads, directly or not, in the order of dependency."""
        found: dict[str, None] = {}

        def visit(unique_id: str) -> None:
            if unique_id in self.makes:
                for parent in self.makes[unique_id].depends_on:
                    visit(parent)
            found[unique_id] = None

        for parent in step.depends_on:
            visit(parent)
        return list(found)

    def _readers(self, names: set[str]) -> set[str]:
        """Return raw tables and the nodes that read them, directly or not."""
        found = {f"source.sentencing_warehouse.raw.{name}" for name in names}
        for unique_id, step in self.makes.items():
            if found.intersection(step.depends_on):
                found.add(unique_id)
        return found

    def _load(self, sheet: Sheet, altered: set[str]) -> None:
        """Replace the rows of the sheet's exhibit in the raw tables."""
        loaded = {
            "cells": (CELLS, list(sheet.cells())),
            "comparisons": (COMPARISONS, list(sheet.comparisons())),
        }
        for name in altered:
            columns, rows = loaded[name]
            self.connection.execute(f"delete from raw.{name} where exhibit_id = ?", [sheet.exhibit_id])
            if rows:
                marks = ", ".join(["(" + ", ".join("?" for _ in columns) + ")"] * len(rows))
                values = [row.get(column) or None for row in rows for column in columns]
                self.connection.execute(f"insert into raw.{name} values {marks}", values)


def _faults(sheet: Sheet) -> list[str]:
    """Check the form of a sheet, as a build does first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeds" / sheet.report_id / sheet.path.name
        path.parent.mkdir(parents=True)
        write_sheet(sheet, path)
        return check_seed_files(Path(folder))


def _probes(steps: list[Step]) -> Iterator[tuple[str, Step]]:
    """Return a probe for each rule: its relations that do not hold and are not declared.

    It is the build's own SQL: of the terms that all rules write, one rule's, with the models that
    evaluate them as subqueries.
    """
    named = {step.name: step for step in steps}
    terms, relations, verdicts = (
        named[name] for name in ("int_relation_terms", "int_relations", "fct_relations")
    )
    opening = r"(?:with|,)\s+(?=__dbt__cte__int_relations__\w+ as \(|terms as \()"
    _, *rules, union = re.split(opening, terms.query)
    for rule in rules:
        cte = rule.partition(" ")[0]
        query = f"with {rule}, terms as (select * from {cte}\n),{union.partition('),')[2]}"
        reads = [each for each in terms.depends_on if f'"{each.rpartition(".")[2]}"' in rule]
        for model, before in ((relations, terms), (verdicts, relations)):
            query = model.query.replace(f"{quoted(before.database)}.{before.relation}", f"({query})")
            reads += [each for each in model.depends_on if each != before.unique_id]
        # A check is of an observation.
        query = (
            f"select relation_id from ({query}) as verdicts"
            " where verdict = 'inconsistent' and observation_id is not null"
        )
        name = cte.removeprefix("__dbt__cte__int_relations__")
        yield name, _probe(verdicts, name, query, reads)
    yield "attainable_percentage", _attainability(named)


def _attainability(named: dict[str, Step]) -> Step:
    """Return the probe of the one rule that writes no relations: the checks without the others."""
    checks = named["fct_consistency_checks"]
    query, reads = checks.query, list(checks.depends_on)
    for name in ("int_relations", "fct_relations"):
        relation = f"{quoted(checks.database)}.{named[name].relation}"
        query = query.replace(relation, f"(select * from {relation} where false)")
        reads.remove(named[name].unique_id)
    query = f"select check_id from ({query}) as checks where verdict = 'inconsistent'"
    return _probe(checks, "attainable_percentage", query, reads)


def _probe(step: Step, rule: str, query: str, reads: list[str]) -> Step:
    return replace(
        step,
        name=f"rule {rule}",
        unique_id=f"probe.{rule}",
        kind="tests",
        statements=(query,),
        depends_on=tuple(dict.fromkeys(reads)),
    )

"""Make every single-cell keying error in the raw seeds, and see which the build would catch.

Each error is one mutant. It is tried on the build's own compiled SQL, in DuckDB in memory: what
depends on the altered seed is made again, a test at a time, until one fails. dbt is not started.
Beside that, the mutant's cells are compared with the document the seeds were keyed from, if it is
given.
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import logging
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from publish import build as build_script
from verification import replay
from verification import source as verify_source
from verification.source import Document
from warehouse.database import quoted
from warehouse.project import PROJECT, UserError
from warehouse.scaffold import COMPARISON, Exhibit, read_csv, read_exhibits

logger = logging.getLogger("mutate")

REPORT = Path("docs") / "mutation.md"
REASONS = Path("docs") / "mutation_survivors.csv"
NUMBER_WORDS = {"one": ("two",), "two": ("one", "three"), "ten": ("nine",), "life": ()}

# Kind of error -> what it is, in the order of the report.
KINDS = {
    "last digit": "the last digit one up or down",
    "other digit": "another digit one up or down",
    "digits exchanged": "two adjacent digits exchanged",
    "decimal point": "the decimal point moved by one place",
    "value deleted": "a cell left empty",
    "value exchanged": "a value exchanged with the next row's",
    "row deleted": "a row left out",
    "row duplicated": "a row keyed twice",
    "label replaced": "a row label replaced by another of the exhibit's",
    "base replaced": "a population replaced by another",
}
# Which cell -> what it is; errors in the last group contradict nothing but the document.
CELLS = {
    "number": "printed numbers",
    "year": "fiscal years",
    "label": "rows, labels and bases",
    "locator": "locators, footnote marks, units and wordings",
}


@dataclass(frozen=True)
class Mutant:
    """One keying error.

    Attributes:
        seed: the seed it is in.
        kind: one of KINDS.
        cell: one of CELLS.
        row: index of the row, from 0.
        column: the column; empty for a whole row.
        before: what the cell says.
        after: what it says after the error.

    """

    seed: str
    kind: str
    cell: str
    row: int
    column: str
    before: str
    after: str

    def apply(self, rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
        """Give the seed's rows with the error in them."""
        altered = [dict(row) for row in rows]
        if self.kind == "row deleted":
            del altered[self.row]
        elif self.kind == "row duplicated":
            altered.insert(self.row, dict(altered[self.row]))
        else:
            altered[self.row][self.column] = self.after
            if self.kind == "value exchanged":
                altered[self.row + 1][self.column] = self.before
        return altered


# The errors


def mutants_of(exhibit: Exhibit, rows: Sequence[dict[str, str]]) -> Iterator[Mutant]:
    """Give every single-cell error in the raw seed of an exhibit."""
    labels = [row[exhibit.label] for row in rows]
    for index, row in enumerate(rows):
        for column, value in row.items():
            following = rows[index + 1][column] if index + 1 < len(rows) else ""
            for kind, after in _errors(exhibit, column, value, following):
                yield Mutant(
                    exhibit.seed, kind, _cell(exhibit, column), index, column, value, after
                )
        for column in (exhibit.label, "left_row", "right_row"):
            known = labels if column == exhibit.label else _compared_labels(rows)
            if row.get(column):
                for label in dict.fromkeys(known):
                    if label != row[column]:
                        yield Mutant(
                            exhibit.seed,
                            "label replaced",
                            "label",
                            index,
                            column,
                            row[column],
                            label,
                        )
        for kind in ("row deleted", "row duplicated"):
            yield Mutant(exhibit.seed, kind, "label", index, "", row[exhibit.label], "")


def base_mutants(labels: Sequence[dict[str, str]], report_id: str) -> Iterator[Mutant]:
    """Give every replacement of a population in the codes of a report's labels."""
    known = sorted({row["population_id"] for row in labels if row["population_id"]})
    for index, row in enumerate(labels):
        if row["exhibit_id"].startswith(f"{report_id}.") and row["population_id"]:
            for population in known:
                if population != row["population_id"]:
                    yield Mutant(
                        "exhibit_labels", "base replaced", "label", index, "population_id",
                        row["population_id"], population,
                    )  # fmt: skip


def _compared_labels(rows: Sequence[dict[str, str]]) -> list[str]:
    return [row[c] for row in rows for c in ("left_row", "right_row") if row.get(c)]


def _cell(exhibit: Exhibit, column: str) -> str:
    if column in exhibit.values:
        return "number"
    if column == "fiscal_year":
        return "year"
    return "label" if column in ("row_number", exhibit.label, *COMPARISON) else "locator"


def _errors(exhibit: Exhibit, column: str, value: str, following: str) -> Iterator[tuple[str, str]]:
    """Give the errors of one cell: kind and what it says then, each once."""
    if column == exhibit.label:
        if following:
            yield "value exchanged", following
        return
    if not value:
        return
    seen = {value}
    numeric = column in (*exhibit.values, "fiscal_year", "row_number", "paragraph", "footnote")
    for kind, after in _digit_errors(value) if numeric else ():
        if after not in seen:
            seen.add(after)
            yield kind, after
    if column not in COMPARISON:
        yield "value deleted", ""
    exchangeable = column in (*exhibit.values, "fiscal_year", "wording", "footnote", "paragraph")
    if exchangeable and following and following not in seen:
        yield "value exchanged", following


def _digit_errors(value: str) -> Iterator[tuple[str, str]]:
    for after in NUMBER_WORDS.get(value, ()):
        yield "last digit", after
    places = [index for index, character in enumerate(value) if character.isdigit()]
    for place in reversed(places):
        kind = "last digit" if place == places[-1] else "other digit"
        for digit in (int(value[place]) - 1, int(value[place]) + 1):
            if 0 <= digit <= 9:
                yield kind, value[:place] + str(digit) + value[place + 1 :]
    for one, other in itertools.pairwise(places):
        swapped = list(value)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield "digits exchanged", "".join(swapped)
    if places:
        digits = value.replace(".", "").replace(",", "")
        point = len(value.partition(".")[0].replace(",", ""))
        for moved in (point - 1, point + 1):
            if 0 < moved < len(digits):
                yield "decimal point", f"{digits[:moved]}.{digits[moved:]}"
            elif moved == len(digits):
                yield "decimal point", digits


# The build without dbt


class Engine:
    """The compiled SQL of a build, run on altered seeds only as far as one test fails."""

    def __init__(self, manifest: Path, run_results: Path) -> None:
        """Run the build once; views become tables, so that only what changes is made again."""
        steps = [replay.materialized(step) for step in replay.read_steps(manifest, run_results)]
        self.connection = replay.open_database(steps[0])
        self.connection.execute("set threads = 1")
        self.makes = {step.unique_id: step for step in steps if step.kind != "tests"}
        self.tests = [step for step in steps if step.kind == "tests"]
        self.seeds = {step.name: step for step in steps if step.kind == "seeds"}
        for step in steps:
            if step.kind != "tests":
                self._make(step)
        self.tests = self._check_probes(manifest) + self.tests
        failing = [test.name for test in self.tests if self._fails(test)]
        if failing:
            raise UserError(f"the build to mutate fails already: {', '.join(failing)}")
        self.reads = {test.unique_id: self._ancestors(test) for test in self.tests}
        self.tests.sort(key=lambda test: len(self.reads[test.unique_id]))
        self.dependents = {
            seed.unique_id: self._dependents(seed.unique_id) for seed in self.seeds.values()
        }
        self.order: dict[tuple[str, str], list[replay.Step]] = {}

    def kill(self, mutant: Mutant, rows: Sequence[dict[str, str]]) -> str:
        """Give what catches a mutant: the name of a test, or of a node that cannot be made."""
        seed = self.seeds[mutant.seed]
        key = (mutant.seed, mutant.kind)
        order = self.order.setdefault(
            key, [test for test in self.tests if seed.unique_id in self.reads[test.unique_id]]
        )
        self.connection.begin()
        try:
            self._load(seed, mutant.apply(rows))
            stale = set(self.dependents[seed.unique_id])
            for position, test in enumerate(order):
                try:
                    for unique_id in self.reads[test.unique_id]:
                        if unique_id in stale:
                            self._make(self.makes[unique_id])
                            stale.remove(unique_id)
                    caught = self._fails(test)
                except duckdb.Error:
                    caught = True
                if caught:
                    # What caught the last one of its kind is tried first on the next.
                    order.insert(0, order.pop(position))
                    return test.name
            return ""
        finally:
            self.connection.rollback()

    def _check_probes(self, manifest: Path) -> list[replay.Step]:
        """Give the rules one by one, beside the one large model that has them all.

        An undeclared failure of a rule fails the test that nothing is inconsistent; a probe finds
        it sooner. A mutant has to pass the tests as well to survive.
        """
        nodes = replay.read_json(manifest)["nodes"]
        probes = []
        for node in nodes.values():
            if node["name"].startswith("int_checks__") and node["resource_type"] == "model":
                query = (
                    f"select check_id from ({node['compiled_code']}) as checks"
                    " where not coalesce(is_consistent, false) and not exists (select 1 from"
                    " reference.known_discrepancies as declared"
                    " where declared.check_id = checks.check_id"
                    " and declared.exhibit_id = checks.exhibit_id"
                    " and declared.printed_value = checks.printed_value)"
                )
                probes.append(
                    replay.Step(
                        name=f"rule {node['name'].removeprefix('int_checks__')}",
                        unique_id=node["unique_id"],
                        kind="tests",
                        database="",
                        relation="",
                        statements=(query,),
                        depends_on=tuple(replay.read_dependencies(node, nodes)),
                    )
                )
        return probes

    def _ancestors(self, step: replay.Step) -> list[str]:
        """Give what a step reads, directly or not, in the order of dependency."""
        found: dict[str, None] = {}

        def visit(unique_id: str) -> None:
            for parent in self.makes[unique_id].depends_on:
                visit(parent)
            found[unique_id] = None

        for parent in step.depends_on:
            visit(parent)
        return list(found)

    def _dependents(self, seed: str) -> set[str]:
        """Give the nodes that depend on a seed, directly or not."""
        found = {seed}
        for unique_id, step in self.makes.items():
            if found.intersection(step.depends_on):
                found.add(unique_id)
        return found - {seed}

    def _make(self, step: replay.Step) -> None:
        for statement in step.statements:
            self.connection.execute(statement)

    def _load(self, seed: replay.Step, rows: Sequence[dict[str, str]]) -> None:
        self.connection.execute(f"delete from {seed.relation}")
        if rows:
            columns = ", ".join(quoted(name) for name in rows[0])
            marks = ", ".join(["(" + ", ".join("?" for _ in rows[0]) + ")"] * len(rows))
            values = [value or None for row in rows for value in row.values()]
            self.connection.execute(
                f"insert into {seed.relation} ({columns}) values {marks}", values
            )

    def _fails(self, test: replay.Step) -> bool:
        return self.connection.execute(test.statements[0]).fetchone() is not None


# All of them


@dataclass(frozen=True)
class Outcome:
    """What catches a mutant; empty where nothing does."""

    mutant: Mutant
    test: str
    source: str


@dataclass(frozen=True)
class Work:
    """What a worker needs to try mutants."""

    project: Path
    manifest: Path
    run_results: Path
    source: Path | None


class Trial:
    """The seeds, the document and the engine, ready to try mutants."""

    def __init__(self, work: Work) -> None:
        """Read everything once."""
        self.engine = Engine(work.manifest, work.run_results)
        self.exhibits = read_exhibits(work.project)
        self.rows = verify_source.read_rows(work.project, self.exhibits)
        self.rows["exhibit_labels"] = verify_source.read_reference(work.project, "exhibit_labels")
        self.document: Document | None = None
        if work.source is not None:
            self.report_id, self.document = verify_source.find_report(work.project, work.source)
            self.exclusions = verify_source.read_exclusions(work.project, self.report_id)

    def mutants(self) -> list[Mutant]:
        """Give all mutants."""
        found: list[Mutant] = []
        for exhibit in self.exhibits:
            found += mutants_of(exhibit, self.rows[exhibit.seed])
        for report_id in dict.fromkeys(exhibit.report_id for exhibit in self.exhibits):
            found += base_mutants(self.rows["exhibit_labels"], report_id)
        return found

    def run(self, mutant: Mutant) -> Outcome:
        """Try one mutant."""
        test = self.engine.kill(mutant, self.rows[mutant.seed])
        # The document is asked about survivors only: it takes nothing away from what tests catch.
        return Outcome(mutant, test, "" if test else self._source(mutant))

    def _source(self, mutant: Mutant) -> str:
        if self.document is None or mutant.seed == "exhibit_labels":
            return ""
        rows = {**self.rows, mutant.seed: mutant.apply(self.rows[mutant.seed])}
        document = self.document.copy()
        exhibits = [e for e in self.exhibits if e.report_id == self.report_id]
        faults = verify_source.verify(exhibits, rows, document)
        faults += verify_source.unaccounted(document, exhibits, self.exclusions)
        return str(faults[0]) if faults else ""


def _try_part(work: Work, part: int, parts: int) -> list[Outcome]:
    trial = Trial(work)
    return [trial.run(mutant) for mutant in trial.mutants()[part::parts]]


def try_all(work: Work, processes: int) -> list[Outcome]:
    """Try all mutants, in the order of the seeds."""
    with ProcessPoolExecutor(processes) as pool:
        parts = [pool.submit(_try_part, work, part, processes) for part in range(processes)]
        lists = [part.result() for part in parts]
    outcomes: list[Outcome] = []
    for index in range(max(map(len, lists))):
        outcomes += [each[index] for each in lists if index < len(each)]
    return outcomes


# The report


def _share(caught: int, total: int) -> str:
    # Rounded down: 100.0 means all.
    return f"{caught} ({int(1000 * caught / total) / 10:.1f} %)" if total else "0"


def _table(outcomes: Sequence[Outcome], title: str, groups: dict[str, list[Outcome]]) -> list[str]:
    lines = [
        f"| {title} | mutants | caught by relations and structure | caught with the document |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, group in [*groups.items(), ("all", list(outcomes))]:
        tests = sum(bool(outcome.test) for outcome in group)
        both = sum(bool(outcome.test or outcome.source) for outcome in group)
        lines.append(
            f"| {name} | {len(group)} | {_share(tests, len(group))} | {_share(both, len(group))} |"
        )
    return lines


def report(
    outcomes: Sequence[Outcome],
    reasons: dict[tuple[str, str, str], str],
    rows: dict[str, list[dict[str, str]]],
) -> str:
    """Write the result as a page, the same for the same seeds and tests."""
    by_seed: dict[str, list[Outcome]] = defaultdict(list)
    by_kind: dict[str, list[Outcome]] = {kind: [] for kind in KINDS}
    by_cell: dict[str, list[Outcome]] = {text: [] for text in CELLS.values()}
    for outcome in outcomes:
        by_seed[outcome.mutant.seed].append(outcome)
        by_kind[outcome.mutant.kind].append(outcome)
        by_cell[CELLS[outcome.mutant.cell]].append(outcome)
    lines = [
        "# What the checks catch",
        "",
        "Written by `make mutate`: every single-cell keying error in the raw seeds, and what of it",
        "the build catches, by the relations between the numbers and the structure of the exhibits",
        "alone, and with the document as well (`make verify-source`).",
        "",
        *_table(outcomes, "cells", by_cell),
        "",
        *_table(outcomes, "error", {f"{kind}: {KINDS[kind]}": by_kind[kind] for kind in KINDS}),
        "",
        *_table(outcomes, "seed", dict(by_seed)),
        "",
        "## Survivors",
        "",
        "Errors that no relation and nothing in the structure contradicts. All but those marked",
        "with a star are caught with the document.",
        "",
        "| seed | row | column | keyed | passes as | why nothing contradicts it |",
        "| --- | ---: | --- | --- | --- | --- |",
    ]
    survivors: dict[tuple[str, str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if not outcome.test:
            survivors[_cell_key(outcome.mutant, rows)].append(outcome)
    for (seed, row, column), group in survivors.items():
        passes = ", ".join(
            (outcome.mutant.after or "nothing") + ("" if outcome.source else "*")
            for outcome in group
        )
        reason = reasons.get((seed, row, column)) or reasons.get((seed, "", column)) or ""
        reason = reason or reasons.get(("", "", column), "")
        shown = column or group[0].mutant.kind
        lines.append(
            f"| {seed} | {row} | {shown} | {group[0].mutant.before} | {passes} | {reason} |"
        )
    return "\n".join(lines) + "\n"


def _cell_key(mutant: Mutant, rows: dict[str, list[dict[str, str]]]) -> tuple[str, str, str]:
    row = rows[mutant.seed][mutant.row]
    return mutant.seed, row.get("row_number") or row.get("printed_label", ""), mutant.column


def unexplained(text: str) -> list[str]:
    """Give the survivors of a report that have no reason."""
    return [line for line in text.splitlines() if re.fullmatch(r"\|.*\|  \|", line)]


def _read_reasons(path: Path) -> dict[tuple[str, str, str], str]:
    return {(row["seed"], row["row"], row["column"]): row["reason"] for row in read_csv(path)}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 0: done, 1: --check found a difference, 2: bad input."""
    parser = argparse.ArgumentParser(prog="mutate", description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, help="the document the seeds were keyed from")
    parser.add_argument("--check", action="store_true", help=f"fail if {REPORT} says otherwise")
    parser.add_argument("--processes", type=int, default=2, help="processes to use (default 2)")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logger.setLevel(logging.INFO)
    try:
        if options.source is None:
            raise UserError("the document is needed, too: give SOURCE=<file>")
        if options.processes < 1:
            raise UserError("at least one process is needed")
        return _run(options)
    except UserError as error:
        logger.error("mutate: %s", error)
        return 2
    except build_script.BuildFailedError as error:
        logger.error("mutate: the build to mutate fails: %s", error)
        return 2


def _run(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        places = build_script.Places(Path(name) / "build")
        build_script.build(places)
        work = Work(
            PROJECT, places.manifest, places.target / "run_results.json", options.source.resolve()
        )
        started = time.monotonic()
        outcomes = try_all(work, options.processes)
        seconds = time.monotonic() - started
        rows = Trial(replace(work, source=None)).rows
    text = report(outcomes, _read_reasons(PROJECT / REASONS), rows)
    tests = sum(bool(outcome.test) for outcome in outcomes)
    both = sum(bool(outcome.test or outcome.source) for outcome in outcomes)
    sys.stdout.write(
        f"{len(outcomes)} mutants in {seconds:.1f} s, {len(outcomes) / seconds:.1f} a second\n"
        f"caught by relations and structure {_share(tests, len(outcomes))},"
        f" with the document {_share(both, len(outcomes))}\n"
    )
    path = PROJECT / REPORT
    if not options.check:
        path.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        difference = difflib.unified_diff(
            path.read_text(encoding="utf-8").splitlines(), text.splitlines(), "before", "now", n=0
        )
        logger.error("%s is not what the checks catch now:\n%s", REPORT, "\n".join(difference))
        return 1
    missing = unexplained(text)
    if missing:
        logger.error("these survivors have no reason in %s:\n%s", REASONS, "\n".join(missing))
    return 1 if missing else 0

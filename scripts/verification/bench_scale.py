"""Measure what models and tests cost as the warehouse grows, against SQL written by hand.

Consistent copies of the first report, under other codes, are loaded into the raw and the reference
schema of a DuckDB file. Every model and every test runs there as dbt compiled it, and `by_hand.sql`
makes the facts that grow, and checks them, from the same tables; the facts are compared by hash, of
the rules that the script has.
Each size and each of the two runs in a process of its own, so that CPU and peak memory are its own.
Last, dbt builds many exhibits.
"""

from __future__ import annotations

import itertools
import json
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from export.marts import export
from publish.build import Places
from verification.bench_reports import FIRST, OF_COPY, OF_REPORT, copy_project, run_command
from verification.replay import read_steps
from warehouse.database import quoted, text
from warehouse.project import PROJECT, UserError
from warehouse.sheets import sheet_paths

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
EXHIBITS = (100, 1_000)
BY_HAND = Path(__file__).with_name("by_hand.sql")
COMPARED_UP_TO = 1_000_000  # observations; above, only models and tests run
REPEATED_UP_TO = 100_000  # observations; three runs, of which the least CPU of each node counts
EXPORTED = 1_000_000  # observations
FORMATS = ("csv", "parquet", "json")

AIM_RATIO = 1.25  # CPU of models and tests, in times of the script by hand
AIM_GROWTH = 12.0  # CPU of a node for ten times the rows
LEAST_SECONDS = 0.1  # a node of less says nothing about growth
AIM_PEAK = 6000  # MB, at the largest size
AIM_EXPORT = (60.0, 1000)  # CPU seconds and MB, from raw to export
AIM_EXHIBITS = 2.0  # time of a build for ten times the exhibits

COPIED = {
    "cells", "comparisons", "reports", "exhibits", "exhibit_columns", "second_keying",
    "populations", "known_discrepancies",
}  # fmt: skip

Costs = dict[str, dict[str, Any]]  # node -> kind, CPU and wall seconds, failures


# In the processes that are measured


def load(path: str, source: str, observations: int) -> None:
    """Make a file with copies of the raw and the reference tables of a warehouse, and its id."""
    with connect(path, 8) as connection:
        connection.execute(f"attach {text(source)} as source (read_only)")
        [[printed]] = connection.execute(
            f"select count(*) from source.raw.cells where report_id = '{FIRST}'"
        ).fetchall()
        tables = connection.execute(
            "select schema_name, table_name, list(column_name order by column_index)"
            " from duckdb_columns() where database_name = 'source'"
            " and schema_name in ('raw', 'reference', 'release') group by all"
        ).fetchall()
        for schema, table, columns in tables:
            times = -(-observations // printed) if table in COPIED else 1
            times = 0 if table == "bound_proposals" else times  # the script by hand has none
            of_report = next(
                (column for column in OF_REPORT[:2] if column in columns), f"'{FIRST}'"
            )
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create table {schema}.{table} as select {', '.join(map(_copied, columns))}"
                f" from source.{schema}.{table}, range({times}) as copies (n)"
                f" where starts_with({of_report}, '{FIRST}') order by n"
            )


def _copied(column: str) -> str:
    suffix = "case when n = 0 then '' else '_' || n end"
    if column in OF_REPORT:
        return f"replace({column}, '{FIRST}', '{FIRST}' || {suffix}) as {column}"
    return f"{column} || {suffix} as {column}" if column in OF_COPY else column


def connect(path: str, gigabytes: float) -> duckdb.DuckDBPyConnection:
    """Open a file as the database that compiled SQL names, in the format of the profile."""
    connection = duckdb.connect()
    for statement in (
        f"attach {text(path)} as warehouse (storage_version 'v1.0.0', block_size 16384)",
        "use warehouse",
        "set threads = 2",
        "set preserve_insertion_order = false",
        f"set memory_limit = '{int(gigabytes * 1000)}MB'",
        f"set temp_directory = {text(path + '.spill')}",
    ):
        connection.execute(statement)
    return connection


def run(path: str, statements: Iterable[tuple[str, str, Sequence[str]]], gigabytes: float) -> Costs:
    """Run the statements of each node, and return what it cost."""
    connection = connect(path, gigabytes)
    costs: Costs = {}
    for name, kind, parts in statements:
        cpu, wall, failures = _cpu(), time.perf_counter(), 0
        try:
            for part in parts:
                if kind == "tests":
                    # As dbt does: the rows of a test are its failures, and are counted.
                    [[failures]] = connection.execute(f"select count(*) from ({part})").fetchall()
                else:
                    connection.execute(part)
        except duckdb.Error as error:
            raise UserError(f"{name}: {str(error).splitlines()[0]}") from error
        spent = {"cpu": _cpu() - cpu, "wall": time.perf_counter() - wall}
        costs[name] = {"kind": kind, "failures": failures, **spent}
    cpu = _cpu()
    connection.close()
    costs["closing the file"] = {"kind": "models", "failures": 0, "cpu": _cpu() - cpu, "wall": 0.0}
    return costs


def by_hand() -> Iterator[tuple[str, str, Sequence[str]]]:
    """Split the script by hand into its statements."""
    script = re.sub(r"(?m)^--.*\n", "", BY_HAND.read_text(encoding="utf-8"))
    for number, part in enumerate(re.split(r";\n", script)):
        if statement := part.strip():
            kind = "models" if statement.startswith("create") or "drop " in statement else "tests"
            yield f"{number}: {' '.join(statement.split())[:60]}", kind, (statement,)


def models(target: str) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Take the models and then the tests from dbt's artifacts."""
    steps = read_steps(Path(target) / "manifest.json", Path(target) / "run_results.json")
    for kind in ("models", "tests"):
        yield from ((s.name, kind, s.statements) for s in steps if s.kind == kind)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak() -> int:
    """Return the peak memory of this process, in millions of bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` says includes the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) * 1024 // 1_000_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000_000


def work(job: str, path: str, *rest: str) -> None:
    """Do one job, and print what it cost."""
    costs: Costs = {}
    if job == "load":
        load(path, rest[0], int(rest[1]))
    elif job == "models":
        costs = run(path, models(rest[0]), float(rest[1]))
    elif job == "by_hand":
        costs = run(path, by_hand(), float(rest[1]))
    else:
        export(Path(path), Path(rest[0]), Path(rest[1]), FORMATS)
    print(json.dumps({"costs": costs, "cpu": _cpu(), "peak": _peak()}))


# In the process that starts them


class Bench:
    """A folder with a build of the project, and the costs measured so far."""

    def __init__(self, folder: Path, gigabytes: float) -> None:
        """Take an empty folder and the memory limit of DuckDB."""
        self.folder, self.gigabytes = folder, gigabytes
        self.places = Places(folder / "build")
        self.costs: dict[tuple[str, int], Costs] = {}
        self.peaks: dict[tuple[str, int], int] = {}

    def work(self, job: str, *arguments: object) -> dict[str, Any]:
        """Do a job in a process of its own."""
        command = [sys.executable, "-m", "verification.bench_scale", job, *map(str, arguments)]
        scripts = PROJECT / "scripts"
        done = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f"{job} failed: {' '.join(done.stderr.split())[-300:]}")
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def measure(self, size: int) -> list[str]:
        """Run models and tests, and the script by hand, on so many observations."""
        raw, path, other = (self.folder / f"{name}.duckdb" for name in ("raw", "models", "hand"))
        self.work("load", raw, self.places.warehouse, size)
        for _ in range(3 if size <= REPEATED_UP_TO else 1):
            for job, file in [("models", path), ("by_hand", other)]:
                if job == "by_hand" and size > COMPARED_UP_TO:
                    continue
                shutil.copyfile(raw, file)
                result = self.work(job, file, self.places.target, self.gigabytes)
                key = (job, size)
                self.costs[key] = _least(self.costs.get(key), result["costs"])
                self.peaks[key] = max(self.peaks.get(key, 0), result["peak"])
        lines = self.check(path, other, size)
        if size == EXPORTED:
            lines += self.export(path)
        for file in self.folder.glob("*.duckdb*"):
            file.unlink()
        return lines

    def check(self, path: Path, other: Path, size: int) -> list[str]:
        """Compare the facts of the two, and say what a size cost."""
        failed = [
            f"{job}: {name} has {cost['failures']} failures"
            for job in ("models", "by_hand")
            for name, cost in self.costs.get((job, size), {}).items()
            if cost["failures"]
        ]
        spent = [self.total("models", size, kind) for kind in ("models", "tests")]
        line = f"{size:>12,}  {spent[0]:8.1f}  {spent[1]:8.1f}  {self.peaks['models', size]:8,}"
        if size <= COMPARED_UP_TO:
            hand = self.total("by_hand", size)
            failed += differences(path, other)
            line += f"  {hand:8.1f}  {sum(spent) / hand:5.2f}"
        return [line, *failed]

    def total(self, job: str, size: int, kind: str = "") -> float:
        """Return the CPU seconds of all models, of all tests, or of both."""
        costs = self.costs[job, size].values()
        return sum(float(cost["cpu"]) for cost in costs if kind in ("", cost["kind"]))

    def export(self, path: Path) -> list[str]:
        """Export the marts of a file that models have filled."""
        result = self.work("export", path, self.folder / "exports", self.places.manifest)
        shutil.rmtree(self.folder / "exports")
        cpu = self.total("models", EXPORTED, "models") + result["cpu"]
        peak = max(self.peaks["models", EXPORTED], result["peak"])
        met = cpu < AIM_EXPORT[0] and peak < AIM_EXPORT[1]
        what = f"from raw to export: {cpu:.1f} s of CPU (export {result['cpu']:.1f}), {peak:,} MB"
        return [_aim(what, f"under {AIM_EXPORT[0]:.0f} s and {AIM_EXPORT[1]:,} MB", met)]

    def growth(self, sizes: Sequence[int]) -> list[str]:
        """List the nodes that grow the most for ten times the rows."""
        found = []
        for small, large in itertools.pairwise(sizes):
            if small >= REPEATED_UP_TO:
                before, after = self.costs["models", small], self.costs["models", large]
                times = large / small / 10
                found += [
                    (after[name]["cpu"] / cost["cpu"] / times, f"{name}, {small:,} to {large:,}")
                    for name, cost in before.items()
                    if cost["cpu"] > LEAST_SECONDS
                ]
        worst = sorted(found, reverse=True)[:8]
        lines = [f"  {factor:5.1f}  {name}" for factor, name in worst]
        met = not worst or worst[0][0] <= AIM_GROWTH
        return [_aim("growth of a node", f"at most {AIM_GROWTH:g}", met), *lines]

    def many_exhibits(self) -> list[str]:
        """Build many exhibits with dbt: those of copies of one report."""
        sheets = [path for path in sheet_paths(PROJECT) if path.parent.name == FIRST]
        seconds = []
        for count in EXHIBITS:
            project = self.folder / f"project_{count}"
            copy_project(project, FIRST, -(-count // len(sheets)) - 1)
            seconds.append(run_command(project, "build")[0])
        times = seconds[1] / seconds[0]
        shown = ", ".join(f"{n:,}: {s:.1f} s" for n, s in zip(EXHIBITS, seconds, strict=True))
        what = f"build with exhibits, CPU: {shown}; {times:.2f} times"
        return [_aim(what, f"at most {AIM_EXHIBITS:g} times", times <= AIM_EXHIBITS)]


def _least(known: Costs | None, new: Costs) -> Costs:
    return {n: min(c, known[n], key=lambda x: x["cpu"]) if known else c for n, c in new.items()}


def _aim(what: str, aim: str, met: bool) -> str:
    return f"{what} (aim: {aim}): {'met' if met else 'not met'}"


def differences(path: Path, other: Path) -> list[str]:
    """Name the facts of the script by hand that are not those of the models."""
    found = []
    with connect(str(path), 8) as connection:
        connection.execute(f"attach {text(str(other))} as hand (read_only)")
        tables = connection.execute(
            "select table_name, list(column_name order by column_name) from duckdb_columns()"
            " where database_name = 'hand' and schema_name = 'by_hand' group by all order by all"
        ).fetchall()
        for table, columns in tables:
            # The sum of the hashes of all rows is the same in any order.
            query = f"select count(*), sum(hash({', '.join(map(quoted, columns))})) from"
            ids = [name for name in ("relation_id", "check_id") if name in columns]
            rule = f"split_part({ids[0]}, ':', 1)" if ids else "0"  # the script has not all rules
            of_rules = f"where {rule} in (select {rule} from hand.by_hand.{table})"
            sums = [
                connection.execute(f"{query} {name}.{table} {of_rules}").fetchall()
                for name in ("warehouse.marts", "hand.by_hand")
            ]
            if sums[0] != sums[1] or not sums[1][0][0]:
                found.append(f"{table} of the models is not that of the script by hand")
    return found


def measure(folder: Path, sizes: Sequence[int], gigabytes: float) -> Iterator[str]:
    """Measure all, and give the lines of the report as they come.

    Raises:
        UserError: a build, a model or the script by hand fails.

    """
    bench = Bench(folder, gigabytes)
    run_command(PROJECT, "build", "--output", str(bench.places.folder))
    yield "CPU seconds; observations    models     tests   peak, MB   by hand  ratio"
    for size in sizes:
        yield from bench.measure(size)
    largest = max(sizes)
    compared = [size for size in sizes if size <= COMPARED_UP_TO]
    if compared:
        ratio = bench.total("models", compared[-1]) / bench.total("by_hand", compared[-1])
        what = f"models and tests against by hand: {ratio:.2f}"
        yield _aim(what, f"{AIM_RATIO}", ratio <= AIM_RATIO)
    peak = bench.peaks["models", largest]
    yield _aim(f"peak at {largest:,}: {peak:,} MB", f"under {AIM_PEAK:,} MB", peak < AIM_PEAK)
    yield from bench.growth(sizes)
    yield from bench.many_exhibits()


if __name__ == "__main__":
    work(*sys.argv[1:])

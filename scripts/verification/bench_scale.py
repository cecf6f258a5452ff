"""Measure what models and tests cost as the warehouse grows, against SQL written by hand.

Consistent copies of the report, under other codes, are loaded into the raw and the reference schema
of a DuckDB file. Every model and every test runs there, from the SQL that dbt compiled, in a process
of its own for each size; then `by_hand.sql`, which makes the same tables and checks from the same
raw tables, and the two are compared row by row, by hash.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from verification.replay import Step, read_steps, text
from warehouse.database import quoted
from warehouse.project import PROJECT, UserError

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
BY_HAND = Path(__file__).with_name("by_hand.sql")
THREADS = 2

# Columns whose codes differ from copy to copy: those that contain the report's code, and others.
REPORT = "ussc_production_2021"
OF_REPORT = {"report_id", "exhibit_id", "check_id"}
OF_COPY = {"population_id", "parent_population_id", "discrepancy_id"}
COPIED = {
    "raw": ("cells", "comparisons"),
    "reference": (
        "reports", "exhibits", "exhibit_columns", "exhibit_controls", "populations",
        "known_discrepancies",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What a statement, or a whole process, cost: CPU and wall time in seconds."""

    name: str
    kind: str
    cpu: float
    wall: float
    failures: int = 0


def load(path: str, source: str, observations: int) -> None:
    """Load copies of a built warehouse's raw and reference tables into a new file."""
    connection = connect(path, 4)
    connection.execute(f"attach {text(source)} as source (read_only)")
    [[printed]] = connection.execute("select count(*) from source.raw.cells").fetchall()
    copies = -(-observations // printed)
    for schema in COPIED:
        connection.execute(f"create schema {schema}")
        tables = connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns()"
            f" where database_name = 'source' and schema_name = '{schema}' group by all"
        ).fetchall()
        for table, columns in tables:
            if table not in COPIED[schema]:
                select, times = "*", 1
            else:
                select, times = ", ".join(map(_copied, columns)), copies
            connection.execute(
                f"create table {schema}.{table} as select {select}"
                f" from source.{schema}.{table}, range({times}) as copies (n) order by n"
            )
    connection.close()


def _copied(column: str) -> str:
    suffix = "case when n = 0 then '' else '_' || n end"
    if column in OF_REPORT:
        return f"replace({column}, '{REPORT}', '{REPORT}' || {suffix}) as {column}"
    return f"{column} || {suffix} as {column}" if column in OF_COPY else column


def connect(path: str, gigabytes: float) -> duckdb.DuckDBPyConnection:
    """Open a file as the warehouse of the compiled SQL, in the format of the profile."""
    connection = duckdb.connect()
    connection.execute(
        f"attach {text(path)} as warehouse (storage_version 'v1.0.0', block_size 16384)"
    )
    connection.execute("use warehouse")
    connection.execute(f"set threads = {THREADS}")
    connection.execute(f"set memory_limit = '{int(gigabytes * 1000)}MB'")
    connection.execute(f"set temp_directory = {text(path + '.spill')}")
    return connection


def run(path: str, steps: Iterable[tuple[str, str, Sequence[str]]], gigabytes: float) -> list[Cost]:
    """Run statements, and measure each step."""
    connection = connect(path, gigabytes)
    costs = []
    for name, kind, statements in steps:
        cpu, wall = _cpu(), time.perf_counter()
        failures = 0
        for statement in statements:
            if kind == "tests":
                [[failures]] = connection.execute(
                    f"select count(*) from ({statement})"
                ).fetchall()
            else:
                try:
                    connection.execute(statement)
                except Exception as e:
                    print(statement, e, file=sys.stderr); raise
        costs.append(Cost(name, kind, _cpu() - cpu, time.perf_counter() - wall, failures))
        print(f"{costs[-1].cpu:8.2f} {costs[-1].wall:8.2f} {kind} {name}", failures or "", file=sys.stderr)
    cpu, wall = _cpu(), time.perf_counter()
    connection.close()
    costs.append(Cost("close", "models", _cpu() - cpu, time.perf_counter() - wall))
    return costs


def by_hand() -> list[tuple[str, str, Sequence[str]]]:
    """Split the script into its statements."""
    script = re.sub(r"(?m)^--.*\n", "", BY_HAND.read_text(encoding="utf-8"))
    statements = [part.strip() for part in re.split(r";\n", script) if part.strip()]
    return [
        (" ".join(s.split())[:60], "tests" if s.startswith(("select", "with")) else "models", (s,))
        for s in statements
    ]


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak() -> int:
    """Return the peak memory of this process, in millions of bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 // 1_000_000


def main(arguments):
    what, path, source, size, gigabytes = arguments
    if what == "load":
        load(path, source, int(size))
    else:
        if what == "by_hand":
            todo = by_hand()
        if what == "models":
            target = Path(source).parent / ".work" / Path(source).parent.name / "target"
            target = Path(source).parent.parent / ".work" / Path(source).parent.name / "target"
            steps = read_steps(target / "manifest.json", target / "run_results.json")
            steps = sorted((s for s in steps if s.kind != "seeds"), key=lambda s: s.kind == "tests")
            todo = [(s.name, s.kind, s.statements) for s in steps]
        costs = run(path, todo, float(gigabytes))
        out = {"costs": [asdict(c) for c in costs], "peak": peak()}
        Path(path + f".{what}.json").write_text(json.dumps(out))
        for kind in ("models", "tests"):
            print(kind, sum(c.cpu for c in costs if c.kind == kind), file=sys.stderr)
        print("peak", peak(), file=sys.stderr)

main(sys.argv[1:])

"""Measure what a build costs, and what it would cost without dbt and without the export's extras.

All of it in one run, side by side: `dbt parse` (the floor of anything that dbt does), the whole
warm build, the same compiled SQL on bare DuckDB, the export against bare `copy`, and peak memory.
Runs are interleaved, so that a machine that is busy for a while slows everything that is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import duckdb

from bounds.propose import all_systems
from export.marts import export
from publish.build import Places
from verification.replay import open_database, read_json, read_steps, run_steps
from warehouse.database import connect_read_only, text
from warehouse.manifest import read_marts
from warehouse.project import PROJECT, UserError
from warehouse.sheets import load_sheets

AIM_RATIO = 2.5  # a warm build, in times of dbt parse
AIM_MEGABYTES = 350  # peak memory of a build
# Seconds that the solver may take, the proof in SQL, and all that bounds add to a warm build.
AIM_BOUNDS = {"solver of bounds": 5.0, "proof of bounds": 0.2, "bounds in the build": 1.0}
PROOFS = ("bounds__are_proven", "bounds__are_attained")
COPY_FORMATS = ("csv", "parquet", "json")

# A process inherits the peak of the one that starts it, so a small one of its own starts it.
LAUNCHER = """
import json, os, sys, time
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
actions = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=actions)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - started
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss]))
"""

Measured = dict[str, list[float]]  # what -> one value a run


def measure(folder: Path, runs: int) -> Measured:
    """Measure everything in turn, so many times, after one run that does not count.

    Args:
        folder: an empty folder to build in; its path is resolved.
        runs: how many count.

    Raises:
        UserError: dbt or the build fails, or dbt cannot use its cache.

    """
    places = Places(folder / "build")
    measured: Measured = {}
    for number in range(runs + 1):
        values = _run(places, folder / str(number))
        if number:
            for what, value in values.items():
                measured.setdefault(what, []).append(value)
    return measured


def _run(places: Places, folder: Path) -> dict[str, float]:
    folder.mkdir()
    log = folder / "output.log"
    # The build goes first, so that what it leaves behind is warm for dbt parse, too.
    build, peak = _process(places, log, ["scripts/cli.py", "build", "--output", str(places.folder)])
    run_results = places.target / "run_results.json"
    # dbt parse writes a manifest of its own, without compiled SQL.
    steps = read_steps(places.target / "manifest.json", run_results)
    results = read_json(run_results)
    nodes = results["elapsed_time"]
    # Nodes run side by side: what those of bounds cost is their share of the time of all.
    times = {r["unique_id"]: r["execution_time"] for r in results["results"]}
    bounds = nodes * sum(t for n, t in times.items() if "bound" in n) / sum(times.values())
    # The options of the build: with others, dbt would not take its cache.
    options = ["--target", "duckdb", "--target-path", str(places.target)]
    parse, _ = _process(
        places, log, ["-m", "dbt.cli.main", "--log-level-file", "none", "parse", *options]
    )
    if folder.name != "0" and read_json(places.target / "perf_info.json")["parsed_path_count"]:
        raise UserError("nothing is warm: dbt read files again that its cache has")
    database = folder / f"{steps[0].database}.duckdb"
    with open_database(steps[0], str(database)) as connection:
        load_sheets(connection, PROJECT)
        bare = _seconds(lambda: run_steps(connection, steps))
        proof = _seconds(lambda: run_steps(connection, [s for s in steps if s.name in PROOFS]))
    with connect_read_only(places.warehouse) as connection:
        solver = _seconds(lambda: list(all_systems(connection, [])))
    marts = [mart.name for mart in read_marts(places.manifest) if "bound" not in mart.name]
    exports = [_export(places, folder / "export", names) for names in (None, marts)]
    return {
        "dbt parse": parse,
        "warm build": build,
        "its nodes": nodes,
        "their SQL on bare DuckDB": bare,
        "export": exports[0],
        "bare copy": _seconds(lambda: _copy(places, folder / "copy")),
        "solver of bounds": solver,
        "proof of bounds": proof,
        "bounds in the build": bounds + exports[0] - exports[1],
        "peak": peak,
    }


def _process(places: Places, log: Path, arguments: Sequence[str]) -> tuple[float, float]:
    """Run Python in the project, and return its seconds and its peak memory in megabytes."""
    # Options that the user gives to dbt by its environment must not change what is measured.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    # As the build sets them: dbt's cache is good for one path of the warehouse only.
    manifest = places.target / "manifest.json"
    warehouse = places.target.parent / "new" / places.warehouse.name
    environment |= {"WAREHOUSE_PATH": str(warehouse), "DBT_PROFILES_DIR": str(PROJECT)}
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(log), sys.executable, *arguments]
    launched = subprocess.run(command, cwd=PROJECT, env=environment, stdout=-1, check=True)
    status, seconds, peak = json.loads(launched.stdout)
    if status != 0 or not manifest.exists():
        reason = " ".join(log.read_text(errors="replace").split())[-300:] or "no output"
        raise UserError(f"{arguments[1]} failed with exit status {status}: {reason}")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes that ru_maxrss counts in
    return seconds, peak * unit / 1e6


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _export(places: Places, folder: Path, marts: list[str] | None) -> float:
    return _seconds(lambda: export(places.warehouse, folder, places.manifest, marts=marts))


def _copy(places: Places, folder: Path) -> None:
    """Write the marts with nothing but DuckDB's `copy`, in the formats that it has."""
    folder.mkdir()
    with duckdb.connect(str(places.warehouse), read_only=True) as connection:
        for mart in read_marts(places.manifest):
            for name in COPY_FORMATS:
                path = text(str(folder / f"{mart.name}.{name}"))
                connection.execute(f"copy {mart.relation} to {path} (format {name})")


def report(measured: Measured) -> list[str]:
    """Return the report: medians, ratios of medians, and whether the aims are met."""
    middle = {what: median(values) for what, values in measured.items()}
    peak = max(measured["peak"])
    times = {what: v for what, v in middle.items() if what not in {*AIM_BOUNDS, "peak"}}
    build = middle["warm build"] / middle["dbt parse"]
    runs = len(measured["peak"])
    return [
        f"DuckDB {duckdb.__version__}, {os.cpu_count()} CPUs; medians of {runs}, in seconds",
        *(f"  {what:26}{value:8.2f}" for what, value in times.items()),
        "ratios",
        _aimed("warm build / dbt parse", build, AIM_RATIO),
        f"  {'nodes / bare DuckDB':26}"
        f"{middle['its nodes'] / middle['their SQL on bare DuckDB']:8.2f}",
        f"  {'export / bare copy':26}{middle['export'] / middle['bare copy']:8.2f}",
        "bounds, seconds",
        *(_aimed(what, middle[what], aim) for what, aim in AIM_BOUNDS.items()),
        "memory, MB",
        _aimed("peak of the build", peak, AIM_MEGABYTES),
    ]


def _aimed(what: str, value: float, aim: float) -> str:
    return f"  {what:26}{value:8.2f}  at most {aim:g}: {'met' if value <= aim else 'not met'}"

"""Measure what a build costs and what it would cost without dbt and without the export's extras.

All of it is measured in one run, side by side: `dbt parse` (the floor of anything that dbt does),
the whole warm build, its time per node, the same compiled SQL replayed on bare DuckDB, the export
against bare `copy`, a release, how long a reader waits while releases are switched, and peak
memory. Rounds are interleaved, so that a machine that is busy for a while slows everything that is
compared.

What is measured is a copy of the project in a temporary folder: neither the published build nor
dbt's cache in `target/` is touched.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

import duckdb

from export.marts import export
from publish.releases import Releases
from verification.replay import KINDS, Step, open_database, read_json, read_steps, run_steps, text
from warehouse.manifest import Mart, read_marts
from warehouse.project import PROJECT, Parser, UserError

log = logging.getLogger("bench")

AIM_RATIO = 4.0  # a warm build, in times of dbt parse
AIM_RELEASE = 1.5  # a release, in times of a warm build
AIM_MEGABYTES = 400.0  # peak memory of a build

# Not copied: what is built or hidden (environments, caches, version control).
NOT_COPIED = ("build", "target", "logs", "__pycache__", ".*")
SWITCHES = 1000  # of releases, while a reader opens the current one without pause
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


# What is measured


@dataclass(frozen=True)
class Run:
    """One process: wall time and peak of the memory that it had in use, in millions of bytes."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Nodes:
    """The nodes of one dbt build.

    `elapsed` is wall time from the first to the last. `seconds` has one time per node, by kind
    (seeds, models, tests); they add up to more than `elapsed`, because nodes run side by side.
    """

    elapsed: float
    seconds: dict[str, list[float]]


@dataclass(frozen=True)
class Gaps:
    """How a reader that opens `current` without pause fares, in seconds between two opens."""

    longest: float
    failures: int
    longest_undisturbed: float  # for as long a time without a switch


@dataclass
class Rounds:
    """What all rounds measured, one value a round."""

    parse: list[Run] = field(default_factory=list)
    build: list[Run] = field(default_factory=list)
    reparsed: list[int] = field(
        default_factory=list
    )  # files that dbt could not take from its cache
    nodes: list[Nodes] = field(default_factory=list)
    replay: list[dict[str, list[float]]] = field(default_factory=list)  # seconds by kind
    export: list[float] = field(default_factory=list)  # seconds, all formats
    export_files: list[float] = field(default_factory=list)  # seconds, the formats of `copy`
    copy: list[float] = field(default_factory=list)  # seconds
    release: list[Run] = field(default_factory=list)
    gaps: list[Gaps] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """The temporary folder of a benchmark."""

    folder: Path

    @property
    def project(self) -> Path:
        """The copy of the project."""
        return self.folder / "project"

    @property
    def target(self) -> Path:
        """Where the build's dbt leaves manifest, run results and its cache."""
        return self.output.parent / ".work" / "output" / "target"

    @property
    def output(self) -> Path:
        """Where the build publishes."""
        return self.folder / "output"

    @property
    def releases(self) -> Path:
        """Where releases are made."""
        return self.folder / "releases"

    @property
    def warehouse(self) -> Path:
        """The warehouse that the build publishes."""
        return self.output / "warehouse.duckdb"

    def copy_project(self) -> None:
        """Copy what a build reads."""
        shutil.copytree(
            PROJECT, self.project, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED)
        )

    def parse(self) -> Run:
        """Run `dbt parse`, with the cache that the build has left."""
        # The options of the build: with others, dbt would not take its cache.
        target = ["--target", "duckdb", "--target-path", str(self.target)]
        return self.run("dbt parse", [sys.executable, "-m", "dbt.cli.main", "parse", *target])

    def build(self) -> Run:
        """Run the whole build."""
        script = str(self.project / "scripts" / "cli.py")
        return self.run(
            "the build", [sys.executable, script, "build", "--output", str(self.output)]
        )

    def release(self) -> Run:
        """Make a release, documentation and pages included."""
        script = str(self.project / "scripts" / "cli.py")
        options = ["--releases", str(self.releases), "--force", "--keep", "2"]
        return self.run("the release", [sys.executable, script, "release", *options])

    def run(self, name: str, command: list[str]) -> Run:
        """Run a command in the copy of the project.

        Raises:
            UserError: it fails.

        """
        output = self.folder / "output.log"
        # Options that the user gives to dbt by its environment must not change what is measured.
        environment = {key: text for key, text in os.environ.items() if not key.startswith("DBT_")}
        # As build.py sets it: dbt's cache is good for one path of the warehouse only.
        environment["WAREHOUSE_PATH"] = str(
            self.target.resolve().parent / "new" / "warehouse.duckdb"
        )
        launcher = subprocess.run(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, str(output), *command],
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        status, seconds, peak = json.loads(launcher.stdout)
        if status != 0:
            lines = [line for line in output.read_text(errors="replace").splitlines() if line]
            reason = " / ".join(line.strip() for line in lines[-3:]) or "no output"
            raise UserError(f"{name} failed with exit status {status}: {reason}")
        unit = 1 if sys.platform == "darwin" else 1024  # bytes that ru_maxrss counts in
        return Run(seconds, peak * unit / 1e6)


def measure(bench: Bench, repeat: int) -> Rounds:
    """Measure everything `repeat` times in turn, after one round that does not count.

    Raises:
        UserError: dbt or the build fails.

    """
    _measure_round(bench, Rounds())
    rounds = Rounds()
    for number in range(1, repeat + 1):
        log.info("round %d of %d", number, repeat)
        _measure_round(bench, rounds)
    return rounds


def _measure_round(bench: Bench, rounds: Rounds) -> None:
    # The build goes first, so that what its warm-up leaves behind is warm for dbt parse, too.
    rounds.build.append(bench.build())
    manifest = bench.target / "manifest.json"
    run_results = bench.target / "run_results.json"
    rounds.nodes.append(node_times(run_results))
    # dbt parse writes a manifest of its own, without compiled SQL.
    steps = read_steps(manifest, run_results)
    rounds.parse.append(bench.parse())
    # Written by dbt parse only, which reads the cache that the build has left.
    rounds.reparsed.append(read_json(bench.target / "perf_info.json")["parsed_path_count"])
    with tempfile.TemporaryDirectory(dir=bench.folder) as name:
        folder = Path(name)
        rounds.replay.append(replay(steps, folder / "replay"))
        published = bench.output / "manifest.json"
        for times, formats in [(rounds.export, ()), (rounds.export_files, COPY_FORMATS)]:
            target = folder / f"export{len(formats)}"
            options = {"formats": formats} if formats else {}
            arguments = (bench.warehouse, target, published)
            times.append(_seconds(lambda a=arguments, o=options: export(*a, **o)))
        marts = read_marts(published)
        rounds.copy.append(_seconds(lambda: copy_marts(bench.warehouse, marts, folder / "copy")))
    rounds.release.append(bench.release())
    rounds.gaps.append(measure_gaps(Releases(bench.releases)))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def node_times(run_results: Path) -> Nodes:
    """Read the times of all nodes from dbt's run results."""
    results = read_json(run_results)
    seconds: dict[str, list[float]] = defaultdict(list)
    for result in results["results"]:
        kind = KINDS.get(result["unique_id"].partition(".")[0])
        if kind:
            seconds[kind].append(result["execution_time"])
    return Nodes(results["elapsed_time"], dict(seconds))


# The same work without dbt


def replay(steps: Sequence[Step], folder: Path) -> dict[str, list[float]]:
    """Run the SQL of a build on a new DuckDB file in a new folder, in this process.

    The file takes the name that dbt's one has, because compiled SQL names the database.

    Returns:
        Seconds of each node, by kind. Opening and closing the file is not part of them.

    Raises:
        UserError: there are no steps.

    """
    if not steps:
        raise UserError("there is nothing to replay: the build ran no seed, model or test")
    folder.mkdir()
    seconds: dict[str, list[float]] = defaultdict(list)
    path = str(folder / f"{steps[0].database}.duckdb")
    with open_database(steps[0], path) as connection:
        for step in steps:
            started = time.perf_counter()
            run_steps(connection, [step])
            seconds[step.kind].append(time.perf_counter() - started)
    return dict(seconds)


def copy_marts(warehouse: Path, marts: Iterable[Mart], folder: Path) -> None:
    """Write marts to a new folder with nothing but DuckDB's `copy`, in the formats it has."""
    for name in COPY_FORMATS:
        (folder / name).mkdir(parents=True)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for mart in marts:
            for name in COPY_FORMATS:
                path = text(str(folder / name / f"{mart.name}.{name}"))
                connection.execute(f"copy {mart.relation} to {path} (format {name})")


# Readers of a release


def measure_gaps(releases: Releases) -> Gaps:
    """Open the current warehouse without pause while releases are switched, and while not."""
    chosen = itertools.cycle(releases.all())
    started = time.perf_counter()
    with Opening(releases) as disturbed:
        for _ in range(SWITCHES):
            releases.point_at(next(chosen))
    seconds = time.perf_counter() - started
    with Opening(releases) as undisturbed:
        time.sleep(seconds)
    return Gaps(disturbed.longest, disturbed.failures, undisturbed.longest)


class Opening(threading.Thread):
    """Opens and closes the current warehouse file without pause, as long as the block lasts."""

    def __init__(self, releases: Releases) -> None:
        """Take the releases to read."""
        super().__init__()
        self.path = releases.link / "warehouse.duckdb"
        self.stop = threading.Event()
        self.longest = 0.0
        self.failures = 0

    def run(self) -> None:
        """Open until stopped."""
        last = time.perf_counter()
        while not self.stop.is_set():
            try:
                os.close(os.open(self.path, os.O_RDONLY))
            except OSError:
                self.failures += 1
                continue
            now = time.perf_counter()
            self.longest = max(self.longest, now - last)
            last = now

    def __enter__(self) -> Opening:
        """Begin."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.stop.set()
        self.join()


# Report


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Return the ratio of the medians; infinite where the second is zero."""
    below = median(denominators)
    return median(numerators) / below if below else float("inf")


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align rows of equal length: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def report(rounds: Rounds) -> list[str]:
    """Return the report: times, ratios, times of nodes, peak memory, and the aims."""
    parse = [run.seconds for run in rounds.parse]
    build = [run.seconds for run in rounds.build]
    release = [run.seconds for run in rounds.release]
    nodes = [each.elapsed for each in rounds.nodes]
    rest = [whole - part for whole, part in zip(build, nodes, strict=True)]
    bare = [_total(seconds) for seconds in rounds.replay]
    formats = ", ".join(COPY_FORMATS)
    times = [
        ("dbt parse", parse),
        ("whole build", build),
        ("  its nodes", nodes),
        ("  the rest: start, parse, export, summary", rest),
        ("the nodes' SQL on bare DuckDB", bare),
        ("export", rounds.export),
        (f"export of {formats} only", rounds.export_files),
        (f"bare copy to {formats}", rounds.copy),
        ("release, with documentation and pages", release),
    ]
    ratios = [
        ("build / dbt parse", build, parse),
        ("release / build", release, build),
        ("nodes / bare DuckDB", nodes, bare),
        ("export / bare copy", rounds.export, rounds.copy),
        (f"export of {formats} only / bare copy", rounds.export_files, rounds.copy),
    ]
    peaks = [
        ("dbt parse", [run.megabytes for run in rounds.parse]),
        ("whole build", [run.megabytes for run in rounds.build]),
        ("release", [run.megabytes for run in rounds.release]),
    ]
    return [
        *versions(len(build)),
        "",
        *table(
            [
                ("seconds", "median", "minimum"),
                *((name, f"{median(each):.2f}", f"{min(each):.2f}") for name, each in times),
            ]
        ),
        "",
        *table(
            [
                ("ratio", "of medians", "of minimums"),
                *(
                    (name, f"{ratio(above, below):.1f}", f"{ratio([min(above)], [min(below)]):.1f}")
                    for name, above, below in ratios
                ),
            ]
        ),
        "",
        *node_table(rounds),
        "",
        *table(
            [
                ("peak memory, MB", "median", "maximum"),
                *((name, f"{median(each):.0f}", f"{max(each):.0f}") for name, each in peaks),
            ]
        ),
        "",
        *gap_lines(rounds.gaps),
        "",
        *aims(ratio(build, parse), ratio(release, build), max(peaks[1][1]), max(rounds.reparsed)),
    ]


def gap_lines(gaps: Sequence[Gaps]) -> list[str]:
    """Say how long a reader waited at most, with and without switches."""
    longest, undisturbed = (
        f"{1000 * max(seconds):.2f} ms"
        for seconds in zip(*((g.longest, g.longest_undisturbed) for g in gaps), strict=True)
    )
    failures = sum(each.failures for each in gaps)
    return [
        f"a reader that opens the warehouse without pause, {SWITCHES} switches a round:",
        f"  longest wait {longest}, without switches {undisturbed}; {failures} failures",
    ]


def _total(seconds: dict[str, list[float]]) -> float:
    return sum(map(sum, seconds.values()))


def versions(repeat: int) -> list[str]:
    """Say what was measured on what, and how often."""
    packages = [f"{name} {version(name)}" for name in ("dbt-core", "dbt-duckdb")]
    system = f"Python {platform.python_version()}, {os.cpu_count()} CPUs"
    rounds = "1 round" if repeat == 1 else f"{repeat} rounds"
    return [
        ", ".join([*packages, f"DuckDB {duckdb.__version__}", system]),
        f"{rounds}, after one that does not count",
    ]


def node_table(rounds: Rounds) -> list[str]:
    """Return a table of the times of nodes by kind, with dbt and on bare DuckDB (medians)."""
    with_dbt = [each.seconds for each in rounds.nodes]
    rows = [("nodes (times overlap)", "number", "sum, s", "mean, ms", "bare sum, s", "bare, ms")]
    for kind in KINDS.values():
        number = len(with_dbt[-1].get(kind, []))
        sums = [median(sum(each.get(kind, [])) for each in s) for s in (with_dbt, rounds.replay)]
        cells = [(f"{s:.2f}", f"{1000 * s / number:.1f}" if number else "-") for s in sums]
        rows.append((kind, str(number), *cells[0], *cells[1]))
    return table(rows)


def aims(build_ratio: float, release_ratio: float, megabytes: float, reparsed: int) -> list[str]:
    """Say which aims are met; `reparsed` is the number of files that were not in dbt's cache."""
    rows = [
        ("aim", "wanted", "measured", ""),
        (
            "warm build / dbt parse",
            f"at most {AIM_RATIO:.1f}",
            f"{build_ratio:.1f}",
            "met" if build_ratio <= AIM_RATIO else "not met",
        ),
        (
            "release / warm build",
            f"at most {AIM_RELEASE:.1f}",
            f"{release_ratio:.1f}",
            "met" if release_ratio <= AIM_RELEASE else "not met",
        ),
        (
            "peak memory of the build, MB",
            f"under {AIM_MEGABYTES:.0f}",
            f"{megabytes:.0f}",
            "met" if megabytes < AIM_MEGABYTES else "not met",
        ),
    ]
    lines = table(rows)
    if reparsed:
        lines.append(
            f"nothing was warm: dbt could not use its cache and read up to {reparsed} files again"
        )
    return lines


# Command line


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Raises:
        UserError: an option is wrong.

    """
    parser = Parser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repeat",
        type=int,
        default=5,
        help="rounds that count (default: 5), after one that does not",
    )
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        raise UserError(f"--repeat is {options.repeat}: it must be at least 1")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; exit status 0 whatever the times are, 2: it could not measure."""
    logging.basicConfig(format="bench: %(message)s", level=logging.INFO)
    try:
        options = parse_arguments(arguments)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            bench = Bench(Path(folder).resolve())
            bench.copy_project()
            log.info("a first round that does not count")
            lines = report(measure(bench, options.repeat))
    except UserError as error:
        log.error("%s", error)
        return 2
    sys.stdout.write("\n".join(lines) + "\n")
    return 0

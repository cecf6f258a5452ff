"""Build the warehouse, test it, export the marts, and publish all of it or nothing.

dbt builds into a work file; only when every test has passed and the exports are written do the
warehouse and the exports take the place of the last good ones.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from filelock import FileLock, Timeout

from export.marts import export
from warehouse.seed_files import check_seed_files
from warehouse.sheets import load_sheets
from warehouse.database import connect_read_only
from warehouse.manifest import read_marts
from warehouse.project import PROJECT, Parser, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.artifacts.schemas.run import RunExecutionResult

logger = logging.getLogger("build")

FAILURES_SHOWN = 10
DBT_PAGE = "static_index.html"


class BuildFailedError(Exception):
    """The warehouse could not be built or failed a test; nothing was published."""

    def __init__(self, summary: str, details: list[str]) -> None:
        """Take one line that says what failed and one line for each failure."""
        super().__init__(summary)
        self.details = details


@dataclass(frozen=True)
class Places:
    """The files that a build reads and writes, all below one folder."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        """The published warehouse."""
        return self.folder / "warehouse.duckdb"

    @property
    def manifest(self) -> Path:
        """The dbt manifest of the published warehouse."""
        return self.folder / "manifest.json"

    @property
    def exports(self) -> Path:
        """The published exports."""
        return self.folder / "exports"

    @property
    def documentation(self) -> Path:
        """The page with dbt's documentation of the published warehouse."""
        return self.folder / "docs" / "index.html"

    @property
    def target(self) -> Path:
        """Where dbt leaves its artifacts, and its cache for the next build."""
        return self.folder / "work" / "target"

    @property
    def work(self) -> Path:
        """The warehouse that is being built."""
        return self.folder / "work" / "warehouse.duckdb"


class Progress:
    """Shows how far dbt is: one line that moves on a terminal, a few lines elsewhere."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.moves = sys.stderr.isatty()
        self.done = 0
        self.total = 0
        self.shown = 0

    def __call__(self, event: Any) -> None:
        """Take one dbt event."""
        name = event.info.name
        if name == "ConcurrencyLine":
            self.total = event.data.node_count
        elif name == "NodeFinished":
            # Models that are part of others finish without having been counted.
            self.done = min(self.done + 1, self.total or self.done + 1)
            self.show(event.data.node_info.node_name)

    def show(self, node: str) -> None:
        """Show the node that has just finished."""
        total = self.total or self.done
        quarter = 4 * self.done // max(total, 1)
        if self.moves:
            end = "\n" if self.done == total else ""
            sys.stderr.write(f"\r\033[K  {self.done:4d} of {total} {node[:70]}{end}")
            sys.stderr.flush()
        elif quarter > self.shown:
            logger.info("  %d of %d seeds, models and tests", self.done, total)
        self.shown = quarter


def build(
    places: Places, *, unit_tests: bool = False, docs: bool = False, wait: float = 60
) -> list[str]:
    """Build, test, export and publish.

    Args:
        places: where everything goes.
        unit_tests: run dbt's unit tests too, which test the models on made-up rows.
        docs: make dbt's documentation too.
        wait: seconds to wait for another build in the same folder.

    Returns:
        The lines of the summary.

    Raises:
        UserError: another build does not end, or the folder cannot be written.
        BuildFailedError: a seed file, a model or a test fails.

    """
    started = time.monotonic()
    try:
        places.work.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(places.folder / "work" / "build.lock", timeout=wait):
            for leftover in places.work.parent.glob("warehouse.duckdb*"):
                leftover.unlink()
            results = build_with_dbt(places.work, places.target, unit_tests=unit_tests, docs=docs)
            logger.info("exporting the marts")
            export(places.work, places.exports, places.target / "manifest.json")
            os.replace(places.work, places.warehouse)
            publish_artifact(places.target / "manifest.json", places.manifest)
            if docs:
                publish_artifact(places.target / DBT_PAGE, places.documentation)
    except Timeout as error:
        raise UserError(
            f"another build is still writing to {places.folder} after {wait:g} s: wait for it"
        ) from error
    except OSError as error:
        raise UserError(f"cannot write to {places.folder}: {error.strerror or error}") from error
    return _summary(places, results, docs, time.monotonic() - started)


def build_with_dbt(
    warehouse: Path, target_path: Path, *, unit_tests: bool = False, docs: bool = False
) -> list[RunExecutionResult]:
    """Check the seed files, then build and test the warehouse in a file that does not exist yet.

    Args:
        warehouse: the DuckDB file to make; closed and checkpointed at the end.
        target_path: folder of dbt's artifacts, and of its cache for the next build of the file.
        unit_tests: run dbt's unit tests too.
        docs: make dbt's documentation too: `DBT_PAGE` in `target_path`.

    Returns:
        The results of every seed, model and test.

    Raises:
        BuildFailedError: a seed file, a model or a test fails.

    """
    check_seeds()
    # Imported here: dbt takes a second to load, and faults in the seeds need not wait for it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    os.environ["WAREHOUSE_PATH"] = str(warehouse)
    with duckdb.connect(str(warehouse), config={"storage_compatibility_version": "v1.0.0"}) as connection:
        load_sheets(connection, PROJECT)
    logger.info("building the warehouse with dbt")
    try:
        results = run_dbt("duckdb", target_path, unit_tests=unit_tests)
        if docs and not _failed(results):
            logger.info("making the documentation")
            _invoke_dbt(["docs", "generate", "--static", "--no-compile"], "duckdb", target_path)
    finally:
        DuckDBConnectionManager.close_all_connections()
    check_results(results, lambda: duckdb.connect(str(warehouse)))
    return results


def check_seeds() -> None:
    """Check the form of the seed files.

    Raises:
        BuildFailedError: a seed file is faulty.

    """
    faults = check_seed_files(PROJECT)
    if faults:
        raise BuildFailedError(f"faults in the seed files: {len(faults)}", faults)


def run_dbt(target: str, target_path: Path, *, unit_tests: bool) -> list[RunExecutionResult]:
    """Build and test the whole project on a target, in this process.

    Args:
        target: an output of profiles.yml.
        target_path: folder of dbt's artifacts, and of its cache for the next build.
        unit_tests: run dbt's unit tests too.

    Returns:
        The results of every seed, model and test, failed ones included.

    Raises:
        BuildFailedError: dbt cannot read the project.

    """
    # Exposures are declarations: there is nothing to build, but each would be a result.
    command = ["build", "--exclude-resource-type", "exposure"]
    command += [] if unit_tests else ["--exclude-resource-type", "unit_test"]
    return list(_invoke_dbt(command, target, target_path, Progress()).results)


def _invoke_dbt(
    command: list[str], target: str, target_path: Path, progress: Progress | None = None
) -> Any:
    from dbt.cli.main import dbtRunner

    os.environ["DBT_PROFILES_DIR"] = str(PROJECT)
    # No log but what is shown: formatting dbt's events would take a tenth of the build.
    options = ["--log-level", "none", "--log-level-file", "none", "--warn-error"]
    places = ["--target", target, "--target-path", str(target_path), "--project-dir", str(PROJECT)]
    outcome = dbtRunner(callbacks=[progress] if progress else []).invoke(
        [*options, *command, *places]
    )
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception:
        raise BuildFailedError("dbt cannot read the project", [_flat(str(outcome.exception))])
    return outcome.result


def check_results(results: list[RunExecutionResult], connect: Callable[[], Any]) -> None:
    """Check that nothing failed.

    Args:
        results: those of `run_dbt`.
        connect: gives a connection (DB-API) to what was built; called only after a failure.

    Raises:
        BuildFailedError: a seed, a model or a test failed.

    """
    failed = _failed(results)
    if failed:
        skipped = sum(result.status == "skipped" for result in results)
        raise BuildFailedError(
            f"{len(failed)} of {len(results)} seeds, models and tests failed"
            + (f", {skipped} that need them were skipped" if skipped else ""),
            _describe(failed, connect()),
        )


def _failed(results: list[RunExecutionResult]) -> list[RunExecutionResult]:
    return [result for result in results if result.status in ("fail", "error")]


def publish_artifact(artifact: Path, published: Path) -> None:
    """Copy an artifact of dbt to its public place, in one step and without paths of this machine.

    Raises:
        OSError: it cannot be written.

    """
    text = artifact.read_text(encoding="utf-8")
    for path, name in ((artifact.parent, "target"), (PROJECT, ".")):
        text = text.replace(json.dumps(str(path))[1:-1], name)
    published.parent.mkdir(parents=True, exist_ok=True)
    work = published.with_name(f".{published.name}.tmp")
    work.write_text(text, encoding="utf-8", newline="")
    os.replace(work, published)


def _describe(failed: list[RunExecutionResult], connection: Any) -> list[str]:
    """Say in plain words what each failed node found, by running a failed test's query again."""
    lines = []
    cursor = connection.cursor()
    for result in failed:
        lines.append(result.node.name)
        if result.status == "error" or result.node.resource_type != "test":
            lines += ["  " + line for line in (result.message or "").splitlines() if line.strip()]
            continue
        cursor.execute(result.node.compiled_code)
        names = [column[0] for column in cursor.description or []]
        rows = cursor.fetchall()
        for row in rows[:FAILURES_SHOWN]:
            if names == ["failure"]:
                lines.append(f"  {row[0]}")
            else:
                pairs = zip(names, row, strict=True)
                lines.append("  " + ", ".join(f"{name} = {value}" for name, value in pairs))
        if len(rows) > FAILURES_SHOWN:
            lines.append(f"  and {len(rows) - FAILURES_SHOWN} more")
    connection.close()
    return lines


def _flat(text: str) -> str:
    return " ".join(text.split())


def _summary(
    places: Places, results: list[RunExecutionResult], docs: bool, seconds: float
) -> list[str]:
    connection = connect_read_only(places.warehouse)
    marts = read_marts(places.manifest)
    rows = {
        mart.name: connection.execute(f"select count(*) from {mart.relation}").fetchone()[0]
        for mart in marts
    }
    verdicts = dict(
        connection.execute(
            "select verdict, count(*) from marts.fct_consistency_checks group by verdict"
        ).fetchall()
    )
    discrepancies = connection.execute(
        "select exhibit_id, locator, row_label, printed_value, consistent_values"
        " from marts.rpt_discrepancies order by discrepancy_id"
    ).fetchall()
    connection.close()
    tests = sum(result.node.resource_type in ("test", "unit_test") for result in results)
    width = max(map(len, rows))
    lines = ["", f"{'mart':{width}}   rows"]
    lines += [f"{name:{width}} {count:6d}" for name, count in rows.items()]
    lines += [
        "",
        f"{tests} tests passed; {sum(verdicts.values())} checks of printed numbers: "
        f"{verdicts.get('consistent', 0)} consistent, "
        f"{verdicts.get('documented_discrepancy', 0)} declared discrepancies",
    ]
    lines += [
        f"  {exhibit}, {locator}: {label}: {printed} is printed; consistent would be {consistent}"
        for exhibit, locator, label, printed, consistent in discrepancies
    ]
    lines += [
        "",
        f"warehouse  {_shown(places.warehouse)}",
        f"exports    {_shown(places.exports)}",
        *([f"docs       {_shown(places.documentation)}"] if docs else []),
        f"took       {seconds:.1f} s",
        "",
        'try        make sql QUERY="select * from marts.fct_sentence_by_inducement"',
    ]
    return lines


def _shown(path: Path) -> str:
    """Give a path as a person in the current folder would type it."""
    return os.path.relpath(path)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 0: published, 1: the build failed, 2: bad input."""
    parser = Parser(prog="build", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=PROJECT / "build", help="folder to build in")
    parser.add_argument("--unit-tests", action="store_true", help="run dbt's unit tests too")
    parser.add_argument("--docs", action="store_true", help="make dbt's documentation too")
    parser.add_argument(
        "--wait", type=float, default=60, help="seconds to wait for another build (default 60)"
    )
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logger.setLevel(logging.INFO)
    try:
        options = parser.parse_args(arguments)
        places = Places(options.output.resolve())
        lines = build(places, unit_tests=options.unit_tests, docs=options.docs, wait=options.wait)
    except UserError as error:
        logger.error("build: %s", error)
        return 2
    except BuildFailedError as error:
        kept = f"; {_shown(places.warehouse)} is as it was" if places.warehouse.exists() else ""
        logger.error("\nbuild failed: %s%s\n", error, kept)
        logger.error("%s", "\n".join(error.details))
        return 1
    except KeyboardInterrupt:
        logger.error("\nbuild: interrupted; what is published is as it was")
        return 128 + signal.SIGINT
    sys.stdout.write("\n".join(lines) + "\n")
    return 0

"""dbt run in this process: its progress, its artifacts, and what its failed tests found."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.project import PROJECT

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

logger = logging.getLogger("build")

FAILURES_SHOWN = 10
PAGE = "static_index.html"


class BuildFailedError(Exception):
    """The warehouse could not be built or failed a test; nothing was published."""

    def __init__(self, summary: str, details: list[str]) -> None:
        """Take one line that says what failed and one line for each failure."""
        super().__init__(summary)
        self.details = details


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


def run_dbt(
    target: str, target_path: Path, *, unit_tests: bool, models: str = ""
) -> list[RunResult]:
    """Build and test the whole project on an output of profiles.yml; or build `models` untested.

    Dbt's artifacts, and its cache for the next build, are in `target_path`. Return the results of
    every seed, model and test, failed ones included.

    Raises:
        BuildFailedError: dbt cannot read the project.

    """
    # Exposures are declarations: there is nothing to build, but each would be a result.
    command = ["build", "--exclude-resource-type", "exposure"]
    command += [] if unit_tests else ["--exclude-resource-type", "unit_test"]
    if models:
        command += ["--exclude-resource-type", "test", "--select", models]
    return list(_invoke(command, target, target_path, [] if models else [Progress()]).results)


def close_connections() -> None:
    """Close DuckDB's file, so that it is whole and another can take its place."""
    # Imported here: dbt takes a second to load.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def read_project(target: str, target_path: Path) -> None:
    """Write the manifest of an output of profiles.yml, without building anything."""
    _invoke(["parse"], target, target_path, [])


def make_documentation(target: str, target_path: Path) -> None:
    """Write dbt's documentation of what is built as one page: `PAGE` in `target_path`."""
    logger.info("making the documentation")
    _invoke(["docs", "generate", "--static", "--no-compile"], target, target_path, [])


def _invoke(
    command: list[str], target: str, target_path: Path, callbacks: list[Callable[[Any], None]]
) -> Any:
    os.environ["DBT_PROFILES_DIR"] = str(PROJECT)
    # No log but what is shown: formatting dbt's events would take a tenth of the build.
    options = ["--log-level", "none", "--log-level-file", "none", "--warn-error"]
    places = ["--target", target, "--target-path", str(target_path), "--project-dir", str(PROJECT)]
    # Collecting garbage would walk dbt's whole manifest again and again: a tenth of the build.
    collects = gc.isenabled()
    gc.disable()
    try:
        # Imported here: dbt takes a second to load.
        from dbt.cli.main import dbtRunner

        outcome = dbtRunner(callbacks=callbacks).invoke([*options, *command, *places])
    finally:
        if collects:
            gc.enable()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception:
        reason = " ".join(str(outcome.exception).split())
        raise BuildFailedError("dbt cannot read the project", [reason])
    return outcome.result


def has_failed(result: RunResult) -> bool:
    """Say whether a seed, a model or a test failed."""
    return result.status in ("fail", "error")


def count_tests(results: Sequence[RunResult]) -> int:
    """Count the tests that ran, unit tests included."""
    return sum(result.node.resource_type in ("test", "unit_test") for result in results)


def check_results(results: Sequence[RunResult], connect: Callable[[], Any]) -> None:
    """Raise BuildFailedError where a seed, a model or a test failed.

    After a failure, `connect` gives a connection (DB-API) to what was built.
    """
    failed = [result for result in results if has_failed(result)]
    if failed:
        skipped = sum(result.status == "skipped" for result in results)
        raise BuildFailedError(
            f"{len(failed)} of {len(results)} seeds, models and tests failed"
            + (f", {skipped} that need them were skipped" if skipped else ""),
            _describe(failed, connect()),
        )


def _describe(failed: Sequence[Any], connection: Any) -> list[str]:
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
            texts = [f"{name} = {value}" for name, value in zip(names, row, strict=True)]
            lines.append(f"  {row[0] if names == ['failure'] else ', '.join(texts)}")
        if len(rows) > FAILURES_SHOWN:
            lines.append(f"  and {len(rows) - FAILURES_SHOWN} more")
    connection.close()
    return lines


def copy_artifact(artifact: Path, copy: Path, build_id: str) -> None:
    """Copy dbt's manifest or page with the build id, and without the paths of this machine."""
    text = artifact.read_text(encoding="utf-8")
    if artifact.suffix == ".json":
        start, said = '{"metadata": {', f'"build_id": "{build_id}", '
    else:
        start, said = "<head>", f'<meta name="build-id" content="{build_id}">'
    text = text.replace(start, start + said, 1)
    for path, name in ((artifact.parent, "target"), (PROJECT, ".")):
        text = text.replace(json.dumps(str(path))[1:-1], name)
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(text, encoding="utf-8", newline="")

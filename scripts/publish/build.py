"""Build the warehouse, test it, export the marts, and publish all of it at once or nothing."""

from __future__ import annotations

import datetime
import importlib.metadata
import logging
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bounds.propose import propose
from export.marts import export
from publish.folder import Work, check_is_build, replaced_folder
from standards.version import stated_version
from warehouse.database import STORAGE, connect_read_only
from warehouse.dbt import (
    PAGE,
    BuildFailedError,
    check_results,
    close_connections,
    copy_artifact,
    count_tests,
    has_failed,
    make_documentation,
    run_dbt,
)
from warehouse.manifest import build_id_of, read_marts
from warehouse.project import PROJECT
from warehouse.seed_files import check_seed_files, unknown_codes
from warehouse.sheets import descriptions, load_sheets

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

logger = logging.getLogger("build")

# What a build says about itself, in the table `release.about`.
COLUMNS = {
    "build_id": "Name of this data: the same rows and descriptions have the same id.",
    "data_version": "Version of the data: major, minor and patch, as CHANGELOG.md states it.",
    "built_at": "When it was built, in UTC.",
    "git_commit": "Commit of the project that built it; null outside a git repository.",
    "has_uncommitted_changes": "True where tracked files differed from that commit.",
    "dbt_version": "Version of dbt-core that built it.",
    "dbt_duckdb_version": "Version of dbt-duckdb that built it.",
    "duckdb_version": "Version of DuckDB that wrote the file.",
    "python_version": "Version of Python that ran the build.",
}
TYPES = {"built_at": "timestamp", "has_uncommitted_changes": "boolean"}


class Places:
    """What a build consists of, all in one folder, and where dbt leaves its artifacts."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; documentation and site are in it when asked for."""
        self.folder = folder
        self.warehouse = folder / "warehouse.duckdb"
        self.manifest = folder / "manifest.json"
        self.exports = folder / "exports"
        self.documentation = folder / "docs" / "index.html"
        self.site = folder / "site"
        self.target = Work(folder).target


def build(
    places: Places,
    *,
    unit_tests: bool = False,
    docs: bool = False,
    site: bool = False,
    standards: bool = False,
    wait: float = 60,
    build_warehouse: Callable[..., list[RunResult]] | None = None,
) -> list[str]:
    """Build, test, export and publish: the whole folder takes the place of the last one.

    Documentation and pages of the last build go with it, unless they are asked for again. Another
    engine has a function of its own in the place of `build_with_dbt`. Return the lines of the
    summary.

    Raises:
        UserError: another build does not end within `wait` seconds, the folder cannot be written,
            or it holds other files than those of a build.
        BuildFailedError: a seed file, a model or a test fails.

    """
    started = time.monotonic()
    with replaced_folder(places.folder, check_is_build, wait=wait) as folder:
        wanted = {"unit_tests": unit_tests, "docs": docs, "standards": standards}
        results, rows, _ = assemble(
            folder, places.target, **wanted, build_warehouse=build_warehouse
        )
        if site:
            add_site(folder)
        lines = _summary(Places(folder), results, rows)
        parts = [places.warehouse, places.exports, places.documentation.parent, places.site]
        made = [part for part in parts if (folder / part.name).exists()]
        gone = [part for part in parts if part.exists() and part not in made]
    lines += [f"{part.stem:9}  {os.path.relpath(part)}" for part in made]
    lines += [
        f"removed    {os.path.relpath(part)}, which was of the build before: make {part.name}"
        for part in gone
    ]
    return [
        *lines,
        f"took       {time.monotonic() - started:.1f} s",
        "",
        'try        make sql QUERY="select * from marts.fct_sentence_by_inducement"',
    ]


def assemble(
    folder: Path,
    target_path: Path,
    *,
    unit_tests: bool,
    docs: bool,
    standards: bool,
    build_warehouse: Callable[..., list[RunResult]] | None = None,
) -> tuple[list[RunResult], dict[str, int], dict[str, Any]]:
    """Make warehouse, manifest, exports and, when asked, dbt's documentation in an empty folder.

    Its path has to be the same in every build, or dbt's cache in `target_path` is of no use. Return
    the results of every seed, model and test, the number of rows of each mart, and what stands in
    `release.about`.

    Raises:
        BuildFailedError: a seed file, a model or a test fails.

    """
    places = Places(folder)
    make = build_warehouse or build_with_dbt
    results = make(places.warehouse, target_path, unit_tests=unit_tests, docs=docs)
    with duckdb.connect(str(places.warehouse), config=STORAGE) as connection:
        values = about(build_id_of(connection, read_marts(target_path / "manifest.json")))
        inscribe(connection, values)
    copy_artifact(target_path / "manifest.json", places.manifest, values["build_id"])
    if docs:
        copy_artifact(target_path / PAGE, places.documentation, values["build_id"])
    logger.info("exporting the marts")
    rows = export(places.warehouse, places.exports, places.manifest, standards=standards)
    return results, rows, values


def add_site(folder: Path) -> None:
    """Make the report pages of what `assemble` has made."""
    # Imported here: a build without pages does without the packages that they need.
    from pages.site import make_site

    logger.info("making the pages")
    places = Places(folder)
    make_site(places.warehouse, places.site)


def build_with_dbt(
    warehouse: Path, target_path: Path, *, unit_tests: bool, docs: bool
) -> list[RunResult]:
    """Check the seed files, then build and test the warehouse in a file that does not exist yet.

    The file is closed and checkpointed at the end.
    """
    check_seeds()
    propose(warehouse, target_path)
    os.environ["WAREHOUSE_PATH"] = str(warehouse)
    with duckdb.connect(str(warehouse), config=STORAGE) as connection:
        load_sheets(connection, PROJECT)
    logger.info("building the warehouse with dbt")
    try:
        results = run_dbt("duckdb", target_path, unit_tests=unit_tests)
        if docs and not any(map(has_failed, results)):
            make_documentation("duckdb", target_path)
    finally:
        close_connections()
    try:
        check_results(results, lambda: duckdb.connect(str(warehouse)))
    except BuildFailedError as error:
        error.details += _suggestions(warehouse, target_path)
        raise
    with duckdb.connect(str(warehouse)) as connection:
        for statement in descriptions(target_path / "manifest.json"):
            connection.execute(statement)
    return results


def _suggestions(warehouse: Path, target_path: Path) -> list[str]:
    """Point at the cells that may be wrong. A fault of this must not hide what failed."""
    try:
        # Imported here: a build that passes does without it.
        from verification.engine import Build
        from verification.suggest import suggestions

        artifacts = (target_path / name for name in ("manifest.json", "run_results.json"))
        return suggestions(Build(PROJECT, *artifacts), warehouse)
    except Exception as error:
        return [f"which cells may be wrong could not be found out: {' '.join(str(error).split())}"]


def about(build_id: str) -> dict[str, Any]:
    """Say which build this is: a value for each of `COLUMNS`."""
    commit, has_changes = _git_state()
    return {
        "build_id": build_id,
        "data_version": stated_version(),
        "built_at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "git_commit": commit,
        "has_uncommitted_changes": has_changes,
        "dbt_version": importlib.metadata.version("dbt-core"),
        "dbt_duckdb_version": importlib.metadata.version("dbt-duckdb"),
        "duckdb_version": duckdb.__version__,
        "python_version": platform.python_version(),
    }


def _git_state() -> tuple[str | None, bool | None]:
    """Return the commit of the project and whether tracked files differ from it."""
    git = ["git", "-C", str(PROJECT)]
    try:
        commit, status = (
            subprocess.run([*git, *command], capture_output=True, text=True, check=True).stdout
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit.strip(), bool(status)


def inscribe(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    """Write the table `release.about` into a warehouse."""
    columns = ", ".join(f"{name} {TYPES.get(name, 'varchar')}" for name in COLUMNS)
    marks = ", ".join("?" for _ in COLUMNS)
    connection.execute(f"create schema release; create table release.about ({columns})")
    connection.execute(f"insert into release.about values ({marks})", [values[c] for c in COLUMNS])
    about_it = "One row: which build of the warehouse this file is."
    connection.execute(f"comment on table release.about is '{about_it}'")
    for name, text in COLUMNS.items():
        connection.execute(f"comment on column release.about.{name} is '{text}'")
    connection.execute("checkpoint")


def check_seeds() -> None:
    """Refuse to build from seed files of a faulty form, or with codes that are not known."""
    faults = check_seed_files(PROJECT) or unknown_codes(PROJECT)
    if faults:
        raise BuildFailedError(f"faults in the seed files: {len(faults)}", faults)


def _summary(places: Places, results: Sequence[RunResult], rows: dict[str, int]) -> list[str]:
    with connect_read_only(places.warehouse) as connection:
        verdicts = dict(
            connection.execute(
                "select verdict, count(*) from marts.fct_consistency_checks group by verdict"
            ).fetchall()
        )
        discrepancies = connection.execute(
            "select exhibit_id, locator, row_label, printed_value, consistent_values"
            " from marts.rpt_discrepancies order by discrepancy_id"
        ).fetchall()
    width = max(map(len, rows))
    return [
        "",
        f"{'mart':{width}}   rows",
        *(f"{name:{width}} {count:6d}" for name, count in rows.items()),
        "",
        f"{count_tests(results)} tests passed; {sum(verdicts.values())} checks of printed numbers: "
        f"{verdicts.get('consistent', 0)} consistent, "
        f"{verdicts.get('documented_discrepancy', 0)} declared discrepancies",
        *(
            f"  {exhibit}, {locator}: {label}: {printed} is printed; consistent would be {fitting}"
            for exhibit, locator, label, printed, fitting in discrepancies
        ),
        "",
    ]

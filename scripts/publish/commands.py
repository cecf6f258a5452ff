"""The commands `build` and `release`."""

from __future__ import annotations

import logging
import math
import os
import sys
from pathlib import Path

import click

from publish.build import Places
from publish.build import build as build_all
from publish.release import RELEASED, Outcome, roll_back, run
from publish.release import release as release_all
from publish.releases import Releases
from warehouse.dbt import BuildFailedError
from warehouse.project import PROJECT, UserError
from warehouse.signals import Signals

A_PATH = click.Path(path_type=Path)
FOLDER = "Folder of the releases (default: releases/)."
ROLLBACK = "Go back to the release before the current one, or to the one named by its number."
BUILD_STATUS = """Exit status: 0 published; 1 the build failed; 2 wrong options, or a folder that
cannot be used; 128 + n ended by signal n. Whenever it is not 0, what is published is as it was."""
RELEASE_STATUS = """Exit status: 0 released, nothing changed, or rolled back; 1 the build failed;
2 wrong options, or a folder that cannot be used; 3 another run is still at work; 128 + n ended by
signal n. Whenever it is not 0, the current release is as it was."""


def set_up(wait: float) -> None:
    """Show what a command reports; refuse a wait that is no number of seconds."""
    if not 0 <= wait < math.inf:
        raise UserError(f"--wait is {wait:g}: it must be a number of seconds")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    for name in ("build", "release", "postgres"):
        logging.getLogger(name).setLevel(logging.INFO)


def show_failure(error: BuildFailedError, kept: str) -> int:
    """Say what failed and that what is published was kept; return the exit status."""
    sys.stderr.write("\n".join([f"\nbuild failed: {error}{kept}\n", *error.details, ""]))
    return 1


@click.command(epilog=BUILD_STATUS)
@click.option("--output", type=A_PATH, default=PROJECT / "build", help="Folder (default: build/).")
@click.option("--unit-tests", is_flag=True, help="Run dbt's unit tests too.")
@click.option("--docs", is_flag=True, help="Make dbt's documentation too.")
@click.option("--site", is_flag=True, help="Make the report pages too.")
@click.option("--standards", is_flag=True, help="Export to SDMX and CSVW too, as a release does.")
@click.option("--wait", type=float, default=60, help="Seconds to wait for a build (default: 60).")
def build(output: Path, wait: float, **wanted: bool) -> int:
    """Build and test the warehouse, export the marts, and publish all of it at once or nothing."""
    set_up(wait)
    places = Places(output.resolve())
    try:
        lines = build_all(places, wait=wait, build_warehouse=None, **wanted)
    except BuildFailedError as error:
        if Signals.received:
            raise KeyboardInterrupt("what is published is as it was") from error
        shown = os.path.relpath(places.warehouse)
        kept = f"; {shown} is as it was" if places.warehouse.exists() else ""
        return show_failure(error, kept)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


@click.command(epilog=RELEASE_STATUS)
@click.option("--releases", "folder", type=A_PATH, default=PROJECT / "releases", help=FOLDER)
@click.option("--keep", type=int, default=5, help="Releases to keep, the new one too (default: 5).")
@click.option("--wait", type=float, default=300, help="Seconds to wait for a run (default: 300).")
@click.option("--results", type=A_PATH, metavar="FILE", help="Write dbt's results there.")
@click.option("--force", is_flag=True, help="Release even if nothing changed.")
@click.option("--rollback", is_flag=False, flag_value="", metavar="[RELEASE]", help=ROLLBACK)
@click.option("--list", "list_", is_flag=True, help="List the releases.")
def release(
    folder: Path,
    keep: int,
    wait: float,
    results: Path | None,
    force: bool,
    rollback: str | None,
    list_: bool,
) -> int:
    """Build the warehouse apart, test it, and switch readers to it in one atomic step."""
    actions = {"--force": force, "--rollback": rollback is not None, "--list": list_}
    given = [name for name, is_given in actions.items() if is_given]
    if len(given) > 1:
        raise UserError(f"{given[1]} is not allowed with {given[0]}")
    if keep < 1:
        raise UserError(f"--keep is {keep}: at least the new release is kept")
    if results and not results.parent.is_dir():
        raise UserError(f"--results is {results}: there is no such folder")
    set_up(wait)
    releases = Releases(folder.resolve())
    if list_:
        sys.stdout.write("\n".join(releases.describe()) + "\n")
        return RELEASED

    def action() -> Outcome:
        if rollback is not None:
            return roll_back(releases, rollback, wait=wait)
        return release_all(releases, keep=keep, force=force, wait=wait, results=results)

    return run(releases, action, keep)

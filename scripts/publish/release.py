"""Release the warehouse: build it apart, test it, and switch readers to it in one atomic step."""

from __future__ import annotations

import datetime
import faulthandler
import json
import logging
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from export.marts import PACKAGE
from publish.build import Places, add_site, assemble
from publish.folder import BusyError, refuse_writer
from publish.releases import Release, Releases, write_manifest
from standards.version import check_version
from warehouse.database import connect_read_only
from warehouse.dbt import BuildFailedError, count_tests
from warehouse.manifest import build_id_of, check_build_id, read_marts
from warehouse.project import UserError
from warehouse.signals import HANDLED, Signals

logger = logging.getLogger("release")

RELEASED, FAILED, REFUSED, BUSY = 0, 1, 2, 3
# What is compared to tell whether anything changed: the same data gives these the same bytes, but
# for dbt's pages, which say when they were made.
CONTENT = re.compile(r"exports/.*|site/(?!dbt/|SHA256SUMS$).*")
LOG = re.compile(r"\d{8}T\d{6}\.\d{6}Z\.log")


@dataclass
class Outcome:
    """What a run did; one line of the log."""

    outcome: str
    exit_status: int
    release: str | None = None
    build_id: str | None = None
    previous: str | None = None
    reason: str | None = None
    log: str | None = None
    pruned: list[str] = field(default_factory=list)


def release(
    releases: Releases, *, keep: int, force: bool, wait: float, results: Path | None = None
) -> Outcome:
    """Build, test and export into a fresh folder, and make it the current release.

    `force` releases even where nothing changed; dbt's results are written to `results` once all
    tests have passed.
    """
    with releases.locked(wait), releases.work.making() as folder:
        before = releases.current()
        manifest = _fill(folder, releases.work.target, results)
        build_id = manifest["build_id"]
        same = None if force else _same_content(releases, manifest)
        if before and same:
            reason = f"since {same.name}, which was rolled back (--force releases it)"
            rolled_back = reason if same != before else None
            return Outcome("unchanged", RELEASED, before.name, build_id, reason=rolled_back)
        if before:
            check_version(before.folder, folder)
        with Signals.held():
            made = releases.publish(folder, build_id, read_back)
            done = Outcome("released", RELEASED, made.name, build_id)
            done.previous = before.name if before else None
            try:
                done.pruned = releases.prune(keep)
            except OSError as error:
                done.reason = f"old releases are still there: {error}"
        return done


def _fill(folder: Path, target_path: Path, results: Path | None) -> dict[str, Any]:
    """Make everything that a release consists of, and return what its `release.json` says."""
    places = Places(folder)
    ran, rows, values = assemble(folder, target_path, unit_tests=True, docs=True, standards=True)
    if results:
        shutil.copyfile(target_path / "run_results.json", results)
    add_site(folder)
    shutil.rmtree(places.documentation.parent)  # it is one of the pages now
    return write_manifest(folder, {**values, "tests_passed": count_tests(ran), "row_counts": rows})


def read_back(release: Release) -> None:
    """Read a release as readers do, and compare it with what it says about itself.

    Raises:
        BuildFailedError: it is not what was built.

    """
    places = Places(release.folder)
    pages = [places.site / "index.html", places.site / "dbt" / "index.html"]
    fault = release.damage()
    try:
        with connect_read_only(places.warehouse) as connection:
            said = check_build_id(connection, places.manifest, places.exports / PACKAGE, *pages)
            found = build_id_of(connection, read_marts(places.manifest))
            if found != said:
                fault = fault or f"its rows are of build {found}, it says {said}"
    except (UserError, OSError) as error:
        fault = fault or str(error)
    if fault:
        raise BuildFailedError(f"{release.name} is not what was built: {fault}", [])


def _same_content(releases: Releases, manifest: dict[str, Any]) -> Release | None:
    """Find the current release, or one it was rolled back from, if its content is as described."""

    def content(files: dict[str, dict[str, Any]]) -> dict[str, str]:
        return {p: f["sha256"] for p, f in files.items() if CONTENT.fullmatch(p)}

    current = releases.current()
    for found in [release for release in releases.all() if current and release >= current]:
        damage = found.damage()
        if damage:
            logger.warning("release %s is damaged: %s", found.name, damage)
        elif content(found.read_manifest()["files"]) == content(manifest["files"]):
            return found
    return None


def roll_back(releases: Releases, name: str | None, *, wait: float) -> Outcome:
    """Point readers at the release before the current one, or at the one that is named."""
    with releases.locked(wait):
        current = releases.current()
        if current is None:
            raise UserError(f"{releases.link} points at no release: nothing to go back from")
        found = releases.all()
        if name:
            matching = [r for r in found if name in (r.name, r.name.partition("-")[0])]
        else:
            matching = [r for r in found if r.number < current.number]
        if not matching:
            names = ", ".join(release.name for release in found)
            what = f"no release {name}" if name else f"no release before {current.name}"
            raise UserError(f"there is {what}; there are {names}")
        chosen = matching[-1]
        damage = chosen.damage()
        if damage:
            raise UserError(
                f"release {chosen.name} is damaged ({damage}): {current.name} stays; "
                "name another with --rollback RELEASE"
            )
        refuse_writer(releases.link / "warehouse.duckdb")
        with Signals.held():
            releases.point_at(chosen)
        build_id = chosen.read_manifest().get("build_id")
        return Outcome("rolled_back", RELEASED, chosen.name, build_id, previous=current.name)


@Signals.held()
def run(releases: Releases, action: Callable[[], Outcome], keep: int) -> int:
    """Run `release` or `roll_back`, say and log what it did, and return the exit status.

    Standard output gets one line of JSON, which is also added to `log.jsonl`. Of a failure,
    `failed/` keeps all that is known, for the newest `keep` failures.
    """
    clock = time.monotonic()
    started = datetime.datetime.now(datetime.UTC)
    outcome, details = _outcome_apart(action)
    logger.log(logging.ERROR if outcome.exit_status else logging.INFO, "%s", _sentence(outcome))
    if details:
        logger.error("%s", "\n".join(["", *details, ""]))
        path = f"failed/{started:%Y%m%dT%H%M%S.%fZ}.log"
        with _logging("the log of this run could not be kept"):
            _keep_log(releases.folder / path, [outcome.reason or "", *details], keep)
            outcome.log = path
            logger.error("log: %s", releases.folder / path)
    record = {
        "event": "release",
        **asdict(outcome),
        "current": releases.current_name(),
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round(time.monotonic() - clock, 1),
    }
    line = json.dumps(record) + "\n"
    with (
        _logging("this run is missing in log.jsonl"),
        (releases.folder / "log.jsonl").open("a", encoding="ascii") as file,
    ):
        file.write(line)
    sys.stdout.write(line)
    return outcome.exit_status


@contextmanager
def _logging(complaint: str) -> Iterator[None]:
    """Go on where a log cannot be written, with a complaint."""
    try:
        yield
    except OSError as error:
        logger.error("release: %s: %s", complaint, error.strerror)


def _outcome_apart(action: Callable[[], Outcome]) -> tuple[Outcome, list[str]]:
    """Run an action in a process of its own, and tell its outcome even if that process dies.

    A library can abort it, as the one that draws the charts does, and the system can kill it.
    """
    forking = multiprocessing.get_context("fork")
    reading, writing = forking.Pipe(duplex=False)
    last_words, dying = os.pipe()
    child = forking.Process(target=_report, args=(action, writing, dying))
    with Signals.passed_on(child), os.fdopen(last_words) as trace:
        writing.close()
        os.close(dying)
        try:
            told: tuple[Outcome, list[str]] = reading.recv()
            return told
        except EOFError:
            lines = trace.read().splitlines()
        finally:
            child.join()
    number = -(child.exitcode or 0)
    name = signal.Signals(number).name if number > 0 else f"exit status {child.exitcode}"
    if number in HANDLED:
        return Outcome("interrupted", 128 + number, reason=f"interrupted by {name}"), []
    reason = f"the process that made the release died with {name}"
    return Outcome("failed", FAILED, reason=reason), lines or ["It left no trace."]


def _report(action: Callable[[], Outcome], writing: Connection, dying: int) -> None:
    Signals.take_over()
    faulthandler.enable(dying)
    writing.send(_outcome(action))


def _outcome(action: Callable[[], Outcome]) -> tuple[Outcome, list[str]]:
    """Return the outcome of a run and, of a failure, all that is known."""
    try:
        return action(), []
    except BusyError as error:
        return Outcome("busy", BUSY, reason=str(error)), []
    except UserError as error:
        return Outcome("refused", REFUSED, reason=str(error)), []
    except BaseException as error:  # also what libraries written in Rust raise
        if Signals.received:
            # Whatever dbt or DuckDB made of the interruption.
            reason = f"interrupted by {Signals.received.name}; nothing was released"
            return Outcome("interrupted", 128 + Signals.received, reason=reason), []
        if isinstance(error, BuildFailedError):
            return Outcome("failed", FAILED, reason=str(error)), error.details
        # The log of a scheduled run must say that it failed, whatever the error was.
        reason = f"{type(error).__name__}: {error}"
        return Outcome("failed", FAILED, reason=reason), traceback.format_exc().splitlines()


def _keep_log(path: Path, lines: list[str], keep: int) -> None:
    """Write what a failed run said, and remove the oldest of these logs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A file name that is not UTF-8 does not keep the log from being written.
    text = "\n".join([*lines, ""])
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    # The clock may have been set back: this one is the newest, whatever its name.
    others = (p for p in path.parent.iterdir() if LOG.fullmatch(p.name) and p != path)
    for old in sorted(others, reverse=True)[keep - 1 :]:
        old.unlink(missing_ok=True)


def _sentence(outcome: Outcome) -> str:
    """Say what a run did to a person."""
    release, previous, reason = outcome.release, outcome.previous, outcome.reason
    match outcome.outcome:
        case "released":
            before = f" in place of {previous}" if previous else ""
            return f"released {release}{before}" + (f": {reason}" if reason else "")
        case "unchanged":
            return f"nothing changed{f' {reason}' if reason else ''}; {release} stays"
        case "rolled_back":
            return f"back at {release}, from {previous}"
    return f"release: {reason}"

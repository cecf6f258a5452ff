"""Release the warehouse: build it apart, test it, and switch readers to it in one atomic step.

A releases folder:

    current -> 0002-3f9c2a71b04e   what readers open; replaced in one step
    0001-.../ 0002-.../            releases: warehouse.duckdb, exports/, site/, dbt's manifest.json,
                                   and release.json, which says what the release is
    log.jsonl                      one line a run
    failed/                        logs of failed runs
    .work/                         the lock, dbt's cache, and the release that is being built
"""

from __future__ import annotations

import argparse
import datetime
import errno
import importlib.metadata
import json
import logging
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from filelock import FileLock, Timeout

from publish.build import DBT_PAGE, BuildFailedError, build_with_dbt, publish_artifact
from export.marts import PACKAGE, export
from pages.site import make_site
from warehouse.manifest import read_marts
from warehouse.project import PROJECT, Parser, UserError, sha256

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult

logger = logging.getLogger("release")

RELEASED, FAILED, REFUSED, BUSY = 0, 1, 2, 3
MANIFEST = "release.json"
# What is compared to tell whether anything changed: the same data gives these the same bytes, but
# for dbt's pages, which say when they were made.
CONTENT = re.compile(r"exports/.*|site/(?!dbt/|SHA256SUMS$).*")
NAME = re.compile(r"(?P<number>\d{4,})-[0-9a-f]{12}")


class BusyError(UserError):
    """Another run works in the releases folder and did not end in time."""


@dataclass(frozen=True, order=True)
class Release:
    """A finished release: its number in the order of releases, and its folder."""

    number: int
    folder: Path

    @property
    def name(self) -> str:
        """The name of its folder: number and release id."""
        return self.folder.name

    def read_manifest(self) -> dict[str, Any]:
        """Read `release.json`.

        Raises:
            UserError: it is missing or no manifest of a release.

        """
        path = self.folder / MANIFEST
        try:
            manifest = json.loads(path.read_bytes())
            return {**manifest, "files": dict(manifest["files"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"release {self.name} is damaged: {MANIFEST} cannot be read") from error

    def damage(self) -> str | None:
        """Name the first file that is not as it was released; None for a whole release."""
        try:
            files = self.read_manifest()["files"]
        except UserError:
            return MANIFEST
        for path, described in files.items():
            try:
                if sha256(self.folder / path) != described["sha256"]:
                    return path
            except OSError:
                return path
        return None


@dataclass
class Outcome:
    """What a run did; one line of the log."""

    outcome: str
    exit_status: int
    release: str | None = None
    release_id: str | None = None
    previous: str | None = None
    reason: str | None = None
    log: str | None = None
    pruned: list[str] = field(default_factory=list)


class Releases:
    """A folder of releases. Whatever changes it needs the lock."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it need not exist."""
        self.folder = folder
        self.work = folder / ".work"
        self.new = self.work / "new"
        self.target = self.work / "target"
        self.link = folder / "current"
        # Names the release that is being published: what it says has not been seen by a reader.
        self.intent = self.work / "publishing"

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """Keep other runs out.

        Raises:
            BusyError: another run did not end within `wait` seconds.
            UserError: the folder cannot be written.

        """
        try:
            self.work.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.work / "lock", timeout=wait)
            lock.acquire()
        except Timeout as error:
            raise BusyError(
                f"another run is still at work in {self.folder} after {wait:g} s: nothing was done"
            ) from error
        except OSError as error:
            raise _cannot_write(self.folder, error) from error
        try:
            self._recover()
            yield
        except OSError as error:
            raise _cannot_write(self.folder, error) from error
        finally:
            lock.release()

    def _recover(self) -> None:
        """Remove what a killed run left: an unfinished release, or one that was never current."""
        if self.intent.exists():
            name = self.intent.read_text(encoding="utf-8").strip()
            unseen = self.folder / name
            if name and unseen.is_dir() and self.current_name() != name:
                self.remove(unseen)
            self.intent.unlink()
        for leftover in [self.new, *self.work.glob("old-*")]:
            if leftover.exists():
                shutil.rmtree(leftover)

    def current_name(self) -> str | None:
        """Give the name of the release that readers are pointed at."""
        try:
            return Path(os.readlink(self.link)).name
        except OSError:
            return None

    def current(self) -> Release | None:
        """Give the release that readers are pointed at."""
        name = self.current_name()
        return next((release for release in self.all() if release.name == name), None)

    def all(self) -> list[Release]:
        """List the releases, oldest first."""
        found = []
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            name = NAME.fullmatch(path.name)
            if name and path.is_dir() and not path.is_symlink():
                found.append(Release(int(name["number"]), path))
        return sorted(found)

    def publish(self, release_id: str) -> Release:
        """Make the finished folder `new` a release and point readers at it, in one atomic step."""
        number = max((release.number for release in self.all()), default=0) + 1
        release = Release(number, self.folder / f"{number:04d}-{release_id}")
        _flush(self.new)
        self.intent.write_text(release.name, encoding="utf-8")
        os.rename(self.new, release.folder)
        self.point_at(release)
        self.intent.unlink()
        return release

    def point_at(self, release: Release) -> None:
        """Switch readers to a release; who has a file of another one open keeps it."""
        if self.link.exists() and not self.link.is_symlink():
            raise UserError(f"{self.link} is not the link that points at a release: move it away")
        link = self.work / "current"
        link.unlink(missing_ok=True)
        os.symlink(release.name, link)
        os.replace(link, self.link)
        _flush_folder(self.folder)

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest releases, and never the current one; give their names."""
        current = self.current_name()
        old = [release for release in self.all()[:-keep] if release.name != current]
        for release in old:
            self.remove(release.folder)
        return [release.name for release in old]

    def remove(self, folder: Path) -> None:
        """Remove a release so that a kill leaves it whole or out of sight."""
        aside = self.work / f"old-{folder.name}"
        os.rename(folder, aside)
        shutil.rmtree(aside)


class _Signals:
    """Turns the signals that end a process into KeyboardInterrupt, and keeps which one it was."""

    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    received: signal.Signals | None = None

    @classmethod
    def install(cls) -> None:
        """Handle the signals of a terminal, of `kill`, and of a lost connection."""
        for number in cls.handled:
            signal.signal(number, cls.handle)

    @classmethod
    def ignore(cls) -> None:
        """From here on the run ends as it should: what is left to do takes no time."""
        for number in cls.handled:
            signal.signal(number, signal.SIG_IGN)

    @classmethod
    def handle(cls, number: int, _: object) -> None:
        """End the run."""
        cls.received = signal.Signals(number)
        raise KeyboardInterrupt


def release(
    releases: Releases, *, keep: int, force: bool, wait: float, results: Path | None = None
) -> Outcome:
    """Build, test and export into a fresh folder, and make it the current release.

    Args:
        releases: where the releases are.
        keep: how many releases to keep, the new one included.
        force: release even where nothing changed.
        wait: seconds to wait for another run.
        results: file to write dbt's results of this run to, once all tests have passed.

    Raises:
        UserError: the folder cannot be written, or another run is at work in it.
        BuildFailedError: the build failed; `current` is as it was.

    """
    with releases.locked(wait):
        before = releases.current()
        releases.new.mkdir()
        try:
            manifest = _fill(releases, results)
            release_id = manifest["release_id"]
            same = None if force else _same_content(releases, manifest)
            if same and same != before:
                reason = f"since {same.name}, which was rolled back (--force releases it)"
                return Outcome("unchanged", RELEASED, before.name, release_id, reason=reason)
            if same:
                return Outcome("unchanged", RELEASED, same.name, release_id)
            _Signals.ignore()
            made = releases.publish(release_id)
        finally:
            shutil.rmtree(releases.new, ignore_errors=True)
        done = Outcome("released", RELEASED, made.name, release_id, before and before.name)
        try:
            done.pruned = releases.prune(keep)
        except OSError as error:
            done.reason = f"old releases are still there: {error}"
        return done


def _fill(releases: Releases, results: Path | None) -> dict[str, Any]:
    """Build into the folder `new`, and return the manifest that is written there."""
    folder = releases.new
    warehouse = folder / "warehouse.duckdb"
    built = build_with_dbt(warehouse, releases.target, unit_tests=True, docs=True)
    if results:
        shutil.copyfile(releases.target / "run_results.json", results)
    publish_artifact(releases.target / "manifest.json", folder / "manifest.json")
    logger.info("exporting the marts")
    exports = folder / "exports"
    export(warehouse, exports, folder / "manifest.json")
    about = _about(exports)
    rows = _inscribe(warehouse, about, folder / "manifest.json")
    logger.info("making the pages")
    documentation = folder / "documentation.html"
    publish_artifact(releases.target / DBT_PAGE, documentation)
    make_site(warehouse, folder / "site", folder / "manifest.json", exports, documentation)
    documentation.unlink()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        **about,
        "tests_passed": _count(built, "test", "unit_test"),
        "row_counts": rows,
        "files": {
            path.relative_to(folder).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": sha256(path),
            }
            for path in files
        },
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def _about(exports: Path) -> dict[str, Any]:
    """Say which release this is.

    Its id comes from the data package, which holds the SHA-256 of every mart as CSV and the
    description of every column: the same data gives the same id, on any machine.
    """
    commit, has_changes = _git_state()
    return {
        "release_id": sha256(exports / PACKAGE)[:12],
        "built_at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "git_commit": commit,
        "has_uncommitted_changes": has_changes,
        "dbt_version": importlib.metadata.version("dbt-core"),
        "dbt_duckdb_version": importlib.metadata.version("dbt-duckdb"),
        "duckdb_version": duckdb.__version__,
        "python_version": platform.python_version(),
    }


ABOUT_COLUMNS = {
    "release_id": "Name of this data: the first digits of the SHA-256 of its data package.",
    "built_at": "When the release was built, in UTC.",
    "git_commit": "Commit of the project that built it; null outside a git repository.",
    "has_uncommitted_changes": "True where tracked files differed from that commit.",
    "dbt_version": "Version of dbt-core that built it.",
    "dbt_duckdb_version": "Version of dbt-duckdb that built it.",
    "duckdb_version": "Version of DuckDB that wrote the file.",
    "python_version": "Version of Python that ran the build.",
}


def _inscribe(warehouse: Path, about: dict[str, Any], manifest: Path) -> dict[str, int]:
    """Write the table `release.about` into the warehouse; return the row counts of the marts."""
    types = {"built_at": "timestamp", "has_uncommitted_changes": "boolean"}
    columns = ", ".join(f"{name} {types.get(name, 'varchar')}" for name in ABOUT_COLUMNS)
    comments = {"table release.about": "One row: which release of the warehouse this file is."}
    comments |= {f"column release.about.{name}": text for name, text in ABOUT_COLUMNS.items()}
    connection = duckdb.connect(str(warehouse), config={"storage_compatibility_version": "v1.0.0"})
    with connection:
        connection.execute(f"create schema release; create table release.about ({columns})")
        places = ", ".join("?" for _ in ABOUT_COLUMNS)
        values = [about[name] for name in ABOUT_COLUMNS]
        connection.execute(f"insert into release.about values ({places})", values)
        for subject, text in comments.items():
            connection.execute(f"comment on {subject} is '{text}'")
        rows = {
            mart.name: connection.execute(f"select count(*) from {mart.relation}").fetchone()[0]
            for mart in read_marts(manifest)
        }
        connection.execute("checkpoint")
    return rows


def _git_state() -> tuple[str | None, bool | None]:
    """Return the commit of the project and whether tracked files differ from it."""
    git = ["git", "-C", str(PROJECT)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        status = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit, bool(status)


def _count(results: Sequence[RunExecutionResult], *types: str) -> int:
    return sum(result.node.resource_type in types for result in results)


def _same_content(releases: Releases, manifest: dict[str, Any]) -> Release | None:
    """Find the current release, or one it was rolled back from, if its content is as described."""

    def content(files: dict[str, dict[str, Any]]) -> dict[str, str]:
        return {p: f["sha256"] for p, f in files.items() if CONTENT.fullmatch(p)}

    current = releases.current()
    for found in releases.all():
        if current is None or found.number < current.number:
            continue
        damage = found.damage()
        if damage:
            logger.warning("release %s is damaged: %s", found.name, damage)
        elif content(found.read_manifest()["files"]) == content(manifest["files"]):
            return found
    return None


def roll_back(releases: Releases, name: str | None, *, wait: float) -> Outcome:
    """Point readers at the release before the current one, or at the one that is named.

    Raises:
        UserError: there is no such release, it is damaged, or another run is at work.

    """
    with releases.locked(wait):
        current = releases.current()
        if current is None:
            raise UserError(f"{releases.link} points at no release: nothing to go back from")
        older = [release for release in releases.all() if release.number < current.number]
        if name:
            matching = [r for r in releases.all() if name in (r.name, r.name.partition("-")[0])]
        else:
            matching = older[-1:]
        if not matching:
            names = ", ".join(release.name for release in releases.all())
            what = f"no release {name}" if name else f"no release before {current.name}"
            raise UserError(f"there is {what}; there are {names}")
        chosen = matching[0]
        damage = chosen.damage()
        if damage:
            raise UserError(
                f"release {chosen.name} is damaged ({damage}): {current.name} stays; "
                "name another with --rollback RELEASE"
            )
        _Signals.ignore()
        releases.point_at(chosen)
        release_id = chosen.read_manifest().get("release_id")
        return Outcome("rolled_back", RELEASED, chosen.name, release_id, previous=current.name)


def list_releases(releases: Releases) -> list[str]:
    """Give one line a release: number and id, when it was built, whether it is whole, current."""
    current = releases.current_name()
    lines = []
    for found in releases.all():
        damage = found.damage()
        built_at = "" if damage == MANIFEST else found.read_manifest().get("built_at", "")
        state = f"damaged: {damage}" if damage else "whole"
        mark = "current" if found.name == current else ""
        lines.append(f"{found.name}  {built_at:20}  {state}  {mark}".rstrip())
    return lines or [f"there are no releases in {releases.folder}"]


def _cannot_write(folder: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(f"no space left for {folder}: make room, then run again")
    return UserError(f"cannot write to {folder}: {error.strerror or error}")


def _flush(folder: Path) -> None:
    """Write a folder through to the disk, so that a power cut does not leave an empty release."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Command line


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Raises:
        UserError: an option is wrong.

    """
    parser = Parser(
        prog="release",
        description=__doc__.splitlines()[0],
        epilog="Exit status: 0 released, nothing changed, or rolled back; 1 the build failed; "
        "2 wrong options, or a folder that cannot be used; 3 another run is still at work; "
        "128 + n ended by signal n. Whenever it is not 0, the current release is as it was.",
    )
    parser.add_argument(
        "--releases",
        type=Path,
        default=PROJECT / "releases",
        help="folder of the releases (default: releases/)",
    )
    parser.add_argument(
        "--keep", type=int, default=5, help="releases to keep, the new one included (default: 5)"
    )
    parser.add_argument(
        "--wait", type=float, default=300, help="seconds to wait for another run (default: 300)"
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="write dbt's results of this run there, once all tests have passed",
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--force", action="store_true", help="release even if nothing changed")
    action.add_argument(
        "--rollback",
        nargs="?",
        const="",
        metavar="RELEASE",
        help="go back to the release before the current one, or to the one named by its number",
    )
    action.add_argument("--list", action="store_true", help="list the releases")
    options = parser.parse_args(arguments)
    if options.keep < 1:
        raise UserError(f"--keep is {options.keep}: at least the new release is kept")
    if not 0 <= options.wait < float("inf"):
        raise UserError(f"--wait is {options.wait:g}: it must be a number of seconds")
    if options.results and not options.results.parent.is_dir():
        raise UserError(f"--results is {options.results}: there is no such folder")
    return options


def _run(options: argparse.Namespace, releases: Releases) -> tuple[Outcome, list[str]]:
    """Do what the options ask; return the outcome and, of a failure, all that is known."""
    try:
        if options.rollback is not None:
            return roll_back(releases, options.rollback, wait=options.wait), []
        done = release(
            releases,
            keep=options.keep,
            force=options.force,
            wait=options.wait,
            results=options.results,
        )
        return done, []
    except BusyError as error:
        return Outcome("busy", BUSY, reason=str(error)), []
    except UserError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
            error = _cannot_write(releases.folder, cause)
        return Outcome("refused", REFUSED, reason=str(error)), []
    except (Exception, KeyboardInterrupt) as error:
        if _Signals.received:
            # Whatever dbt or DuckDB made of the interruption.
            reason = f"interrupted by {_Signals.received.name}; nothing was released"
            return Outcome("interrupted", 128 + _Signals.received, reason=reason), []
        known = isinstance(error, BuildFailedError)
        details = error.details if known else traceback.format_exc().splitlines()
        if any(os.strerror(errno.ENOSPC) in line for line in details):
            reason = str(_cannot_write(releases.folder, OSError(errno.ENOSPC, "")))
            return Outcome("refused", REFUSED, reason=reason), details
        # The log of a scheduled run must say that it failed, whatever the error was.
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        return Outcome("failed", FAILED, reason=reason), details


def _keep_log(releases: Releases, started: datetime.datetime, lines: list[str], keep: int) -> str:
    """Write what a failed run said to `failed/`, where the newest logs are kept; return its path.

    Raises:
        OSError: it cannot be written.

    """
    folder = releases.folder / "failed"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{started:%Y%m%dT%H%M%S.%fZ}.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for old in sorted(folder.glob("*.log"))[:-keep]:
        old.unlink(missing_ok=True)
    return os.path.relpath(path, releases.folder)


def _sentence(outcome: Outcome) -> str:
    """Say what a run did to a person."""
    because = f": {outcome.reason}" if outcome.reason else ""
    match outcome.outcome:
        case "released":
            before = f" in place of {outcome.previous}" if outcome.previous else ""
            return f"released {outcome.release}{before}{because}"
        case "unchanged":
            return f"nothing changed{because.lstrip(':')}; {outcome.release} stays"
        case "rolled_back":
            return f"back at {outcome.release}, from {outcome.previous}"
    return f"release: {outcome.reason}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; print one line of JSON that says what it did."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    for name in ("build", "release"):
        logging.getLogger(name).setLevel(logging.INFO)
    _Signals.install()
    clock = time.monotonic()
    started = datetime.datetime.now(datetime.UTC)
    try:
        options = parse_arguments(arguments)
    except UserError as error:
        logger.error("release: %s", error)
        return REFUSED
    releases = Releases(options.releases.resolve())
    if options.list:
        sys.stdout.write("\n".join(list_releases(releases)) + "\n")
        return RELEASED
    outcome, details = _run(options, releases)
    logger.log(logging.ERROR if outcome.exit_status else logging.INFO, "%s", _sentence(outcome))
    try:
        if details:
            logger.error("%s", "\n".join(["", *details, ""]))
            lines = [outcome.reason or "", *details]
            outcome.log = _keep_log(releases, started, lines, options.keep)
            logger.error("log: %s", releases.folder / outcome.log)
    except OSError as error:
        logger.error("release: the log of this run could not be kept: %s", error.strerror)
    record = {
        "event": "release",
        **asdict(outcome),
        "current": releases.current_name(),
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round(time.monotonic() - clock, 1),
    }
    line = json.dumps(record, ensure_ascii=False) + "\n"
    try:
        with (releases.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        logger.error("release: this run is missing in log.jsonl: %s", error.strerror)
    sys.stdout.write(line)
    return outcome.exit_status

"""A folder of releases, and the link that readers follow.

Layout of the folder:

    current -> 0002-3f9c2a71b04e   what readers open; replaced in one step
    0001-.../ 0002-.../            releases: warehouse.duckdb, exports/, site/, dbt's manifest.json,
                                   and release.json, which says what the release is
    log.jsonl                      one line a run
    failed/                        logs of failed runs
    .work/                         the lock, dbt's cache, and the release that is being built
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publish.folder import Work, files_below, make_read_only, refuse_writer
from warehouse.project import UserError, sha256

MANIFEST = "release.json"
NAME = re.compile(r"(?P<number>\d{4,})-[0-9a-f]{12}")


def write_manifest(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Write `release.json`: the values, then size and SHA-256 of each file; return what it says."""
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
        for name in files_below(folder)
    }
    manifest = {**values, "files": files}
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


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
        """Read `release.json` of a whole release."""
        manifest: dict[str, Any] = json.loads((self.folder / MANIFEST).read_bytes())
        return manifest

    def damage(self) -> str | None:
        """Name the first file that is not as it was released, or was not; None if all is whole."""
        path: str = MANIFEST
        try:
            files = self.read_manifest()["files"]
            for path, described in files.items():
                if sha256(self.folder / path) != described["sha256"]:
                    return path
            others = (p for p in files_below(self.folder) if p not in files and p != MANIFEST)
            return next(others, None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return path


class Releases:
    """A folder of releases. Whatever changes it needs the lock."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, a resolved path; it need not exist."""
        self.folder = folder
        self.work = Work(folder, folder / ".work")
        self.link = folder / "current"
        self.new_link = self.work.folder / "current"
        # Names the release that is being published: what it says has not been seen by a reader.
        self.intent = self.work.folder / "publishing"

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """Keep other runs out, and remove what a killed one left.

        Raises:
            BusyError: another run did not end within `wait` seconds.
            UserError: the folder cannot be written.

        """
        with self.work.locked(wait):
            # A release that was never current must not be rolled back to.
            if self.intent.exists():
                name = self.intent.read_text(encoding="utf-8")
                unseen = self.folder / name
                if name and unseen.is_dir() and self.current_name() != name:
                    self._remove(unseen)
                self.intent.unlink()
            self.new_link.unlink(missing_ok=True)
            for leftover in self.work.folder.glob("old-*"):
                shutil.rmtree(leftover)
            yield

    def current_name(self) -> str | None:
        """Return the name of the release that readers are pointed at."""
        try:
            return Path(os.readlink(self.link)).name
        except OSError:
            return None

    def current(self) -> Release | None:
        """Return the release that readers are pointed at."""
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

    def publish(self, folder: Path, build_id: str, check: Callable[[Release], None]) -> Release:
        """Make a finished folder the next release and point readers at it, in one atomic step.

        `check` reads it before readers do, and once more where they do. If it raises an exception,
        the release before is current again, and the new one is gone.
        """
        before = self.current()
        number = max((release.number for release in self.all()), default=0) + 1
        release = Release(number, self.folder / f"{number:04d}-{build_id}")
        make_read_only(folder)
        _flush(folder)
        self.intent.write_text(release.name, encoding="utf-8")
        os.rename(folder, release.folder)
        try:
            check(release)
            refuse_writer(self.link / "warehouse.duckdb")
            self.point_at(release)
            check(Release(number, self.link))
        except Exception:
            if self.current_name() == release.name:
                if before:
                    self.point_at(before)
                else:
                    self.link.unlink()
            self._remove(release.folder)
            raise
        finally:
            self.intent.unlink()
        return release

    def point_at(self, release: Release) -> None:
        """Switch readers to a release; who has a file of another one open keeps it.

        Raises:
            UserError: something else stands in the place of the link.

        """
        if self.link.exists() and not self.link.is_symlink():
            raise UserError(f"{self.link} is not the link that points at a release: move it away")
        os.symlink(release.name, self.new_link)
        os.replace(self.new_link, self.link)
        _flush_one(self.folder)

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest releases, and never the current one; return their names."""
        current = self.current_name()
        old = [release for release in self.all()[:-keep] if release.name != current]
        for release in old:
            self._remove(release.folder)
        return [release.name for release in old]

    def _remove(self, folder: Path) -> None:
        """Remove a release so that a kill leaves it whole or out of sight."""
        aside = self.work.folder / f"old-{folder.name}"
        os.rename(folder, aside)
        shutil.rmtree(aside)

    def describe(self) -> list[str]:
        """Return a line for each release: number and id, when built, whether whole, current."""
        current = self.current_name()
        lines = []
        for found in self.all():
            damage = found.damage()
            built_at = "" if damage == MANIFEST else found.read_manifest().get("built_at", "")
            state = f"damaged: {damage}" if damage else "whole"
            mark = "current" if found.name == current else ""
            lines.append(f"{found.name}  {built_at:20}  {state}  {mark}".rstrip())
        return lines or [f"there are no releases in {self.folder}"]


def _flush(folder: Path) -> None:
    """Write a folder through to the disk, so that a power cut does not leave an empty release."""
    for path in [*folder.rglob("*"), folder]:
        _flush_one(path)


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

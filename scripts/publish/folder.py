"""Folders that are published whole: made out of sight, then put in place in one step.

Beside an output `build/` stands its hidden work folder `.work/build/`, on the same file system:

    lock      held by the run that writes the output: one at a time
    new/      what is being made; after the exchange, what was replaced
    target/   dbt's artifacts, and its cache for the next build
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from warehouse.project import UserError
from warehouse.signals import Signals

WORK = ".work"
LOCK = "lock"
REPLACED = "replaced"
CHECKSUMS = "SHA256SUMS"

# The folders that this process is making.
_making: set[Path] = set()


class BusyError(UserError):
    """Another run writes the same output and did not end in time."""


class Work:
    """The work folder of an output, which is a resolved path."""

    def __init__(self, output: Path, folder: Path | None = None) -> None:
        """Take the output, and its work folder where that is not the usual one beside it."""
        self.output = output
        self.folder = folder or output.parent / WORK / output.name
        self.new = self.folder / "new"
        self.target = self.folder / "target"

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """Keep other runs out, and put right what a killed one left.

        Raises:
            BusyError: another run did not end within `wait` seconds.
            UserError: the output cannot be written, at any time in the block.

        """
        with _writing(self.output):
            lock = self._acquire(wait)
            try:
                self._recover()
                yield
            finally:
                self._leave()
                lock.release()

    @contextmanager
    def making(self) -> Iterator[Path]:
        """Give the empty folder `new`, and remove it at the end with whatever it is by then."""
        self.new.mkdir()
        _making.add(self.new)
        try:
            yield self.new
        finally:
            _making.discard(self.new)
            shutil.rmtree(self.new, ignore_errors=True)

    def _acquire(self, wait: float) -> FileLock:
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK, timeout=wait)
            try:
                lock.acquire()
                return lock
            except FileNotFoundError:
                continue  # another run has just ended and removed the folder
            except Timeout as error:
                raise BusyError(
                    f"another run is still at work in {self.output} after {wait:g} s: "
                    "nothing was done"
                ) from error

    def _recover(self) -> None:
        for aside in list(self.folder.glob(f"{REPLACED}*")):
            target = self.output / aside.name.removeprefix(REPLACED).lstrip("-")
            if target.exists():
                shutil.rmtree(aside)
            else:
                os.rename(aside, target)
        if self.new.exists():
            shutil.rmtree(self.new)

    def _leave(self) -> None:
        """Remove the work folder where nothing is worth keeping; who waits for the lock retries."""
        with suppress(OSError):
            if os.listdir(self.folder) == [LOCK]:
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
                if self.folder.parent.name == WORK:
                    self.folder.parent.rmdir()


@contextmanager
def replaced_folder(
    target: Path,
    check_replaceable: Callable[[Path], None],
    *,
    wait: float = 0,
) -> Iterator[Path]:
    """Give a new folder to fill; when the block ends well, it takes the place of `target` at once.

    Whatever ends the block otherwise (an exception, a signal, a kill) leaves `target` as it was.
    What a killed run left behind is put right by the next one. A part of a build, such as
    `build/site`, is written under the lock of the build. A part of a folder that this process is
    making is simply made there, and published with the whole.

    Raises:
        BusyError: another run did not end within `wait` seconds.
        UserError: the folder cannot be written, or `check_replaceable`, which is called with a
            `target` that is not empty, refuses.

    """
    with _writing(target):
        # Replace the folder that a symbolic link points at, so that renames stay on one disk.
        target = target.resolve()
    if _making.intersection(target.parents):
        target.mkdir()
        yield target
        return
    work = Work(target.parent if is_build(target.parent) else target)
    with work.locked(wait), work.making() as new:
        _check_place(target, check_replaceable)
        try:
            yield new
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("what is published is as it was") from error
        # Once more: nothing that somebody put there meanwhile is to be lost.
        _check_place(target, check_replaceable)
        make_read_only(new)
        with Signals.held():
            _swap(new, target, work)


def _swap(new: Path, target: Path, work: Work) -> None:
    """Put `new` in the place of `target` at once; `new` may then hold what was replaced."""
    if not target.exists():
        os.rename(new, target)
        return
    shutil.copymode(target, new)
    if not _exchange(new, target):
        # For a moment there is no `target`; `Work.locked` undoes a kill in it.
        aside = work.folder / "-".join([REPLACED, *target.relative_to(work.output).parts])
        os.rename(target, aside)
        os.rename(new, target)
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one atomic step; False where the system or the file system cannot."""
    at_current_folder, rename_exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    names = (at_current_folder, os.fsencode(one), at_current_folder, os.fsencode(other))
    if renameat2(*names, rename_exchange) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def _check_place(target: Path, check_replaceable: Callable[[Path], None]) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UserError(f"{target} is not a folder: name another")
    if target.is_mount():
        raise UserError(f"{target} is a mount point, which cannot be replaced: name a folder in it")
    if any(target.iterdir()):
        check_replaceable(target)


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Turn the errors of a disk into one line."""
    try:
        yield
    except Exception as error:
        fault = _fault_of_disk(error)
        if fault in (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT)):
            raise UserError(f"no space left for {output}: make room, then run again") from error
        if fault or isinstance(error, OSError):
            reason = fault or getattr(error, "strerror", None) or error
            raise UserError(f"cannot write to {output}: {reason}") from error
        raise


def _fault_of_disk(error: BaseException | None) -> str | None:
    """Return what an error, or one that it follows from, says of a full disk, quota or limit."""
    faults = [os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)]
    while error is not None:
        details = getattr(error, "details", ())  # of gRPC's errors it is a method
        text = "\n".join([str(error), *(details if isinstance(details, list) else ())])
        for fault in faults:
            if fault in text:
                return fault
        error = error.__cause__ or error.__context__
    return None


# What is in a folder


def is_build(folder: Path) -> bool:
    """Say whether a folder has the manifest of a build of this project."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        return bool(manifest["metadata"]["project_name"] == "sentencing_warehouse")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def check_is_build(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a build, or that somebody writes to."""
    # A process that wrote to the warehouse and died leaves its changes in the .wal file.
    known = {"manifest.json", "docs/index.html", "warehouse.duckdb", "warehouse.duckdb.wal"}
    known |= {f"{part}/{path}" for part in ("exports", "site") for path in listed(folder / part)}
    refuse_others(folder, "a build", files_below(folder), known if is_build(folder) else set())
    refuse_writer(folder / "warehouse.duckdb")


def refuse_writer(warehouse: Path) -> None:
    """Refuse to publish in the place of a warehouse that a process has open for writing.

    DuckDB makes its .wal file only at the first change, by its path: it would come to stand beside
    the new warehouse, and readers would get the change.
    """
    with suppress(FileNotFoundError), warehouse.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"a process has {warehouse} open for writing: end it, then run again"
            ) from error


def make_read_only(folder: Path) -> None:
    """Take away the right to write to the files in a folder: DuckDB then opens none for writing."""
    for name in files_below(folder):
        path = folder / name
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def refuse_others(folder: Path, what: str, files: list[str], known: set[str]) -> None:
    """Refuse to replace a folder that has other files than the known ones.

    Raises:
        UserError: it has; without known files, the folder is of something else altogether.

    """
    others = [path for path in files if path not in known]
    if others:
        advice = f", such as {others[0]}: move them, or name another folder"
        raise UserError(
            f"{folder} holds files that are not of {what}"
            + (advice if known else ": name an empty or a new folder")
        )


def listed(folder: Path) -> set[str]:
    """Return the files that the list of checksums in a folder names, and the list itself."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return set()
    return {CHECKSUMS, *(line.partition("  ")[2] for line in lines)}


def files_below(folder: Path) -> list[str]:
    """Return all paths below a folder that are not folders, relative to it, sorted."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found)

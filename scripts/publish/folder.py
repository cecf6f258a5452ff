"""Folders that appear whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.project import UserError


@contextmanager
def replaced_folder(target: Path, check_replaceable: Callable[[Path], None]) -> Iterator[Path]:
    """Give a new folder to fill; when the block ends well, it takes the place of `target` at once.

    Whatever ends the block otherwise (an exception, a signal, a kill) leaves `target` as it was.
    What a killed run left behind is put right by the next one. One run at a time: the folder above
    `target` is locked meanwhile.

    Args:
        target: the folder to replace; it need not exist.
        check_replaceable: called with a `target` that is not empty; raises UserError to refuse.

    Raises:
        UserError: the folder cannot be written, another run is writing it, or
            `check_replaceable` refuses.

    """
    try:
        # Replace the folder that a symbolic link points at, so that renames stay on one disk.
        target = target.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target):
            _recover(target)
            if target.exists():
                if not target.is_dir():
                    raise UserError(f"{target} is not a folder: name another")
                if any(target.iterdir()):
                    check_replaceable(target)
            temporary = target.parent / f".{target.name}-{secrets.token_hex(4)}.tmp"
            temporary.mkdir()
            try:
                yield temporary
                _swap(temporary, target)
            finally:
                # By now this name holds the unfinished folder or the replaced one.
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise UserError(f"cannot write the folder {target}: {error.strerror or error}") from error


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another run is writing to {target.parent}: wait for it") from error
        yield
    finally:
        os.close(descriptor)


def _aside(target: Path) -> Path:
    return target.parent / f".{target.name}-replaced.tmp"


def _recover(target: Path) -> None:
    """Put right what a killed run left: a folder set aside goes back, all others are removed."""
    aside = _aside(target)
    if aside.exists() and not target.exists():
        os.rename(aside, target)
    pattern = re.compile(rf"\.{re.escape(target.name)}-([0-9a-f]{{8}}|replaced)\.tmp")
    for leftover in target.parent.iterdir():
        if pattern.fullmatch(leftover.name) and leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)


def _swap(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`; afterwards `new` may hold what was replaced."""
    if not target.exists():
        os.rename(new, target)
    elif not _exchange(new, target):
        # For a moment there is no target; `_recover` undoes a run that was killed in between.
        aside = _aside(target)
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

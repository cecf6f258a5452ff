"""What the scripts share: user errors, read-only connections, marts of the manifest, folder swaps.

Nothing here writes to a warehouse, and nothing here starts dbt.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import duckdb

PROJECT = Path(__file__).resolve().parent.parent


class UserError(Exception):
    """An error that the user can cause and put right; its text is one line that says what to do.

    A command prints it as `<command>: <text>` and ends with exit status 2.
    """


class Parser(argparse.ArgumentParser):
    """A parser of the command line that reports wrong options as one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UserError: always.

        """
        raise UserError(f"{message} (see --help)")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Warehouse

_SETTINGS_LOCK = threading.Lock()


def connect_read_only(warehouse: Path, *, sandbox: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file for reading.

    Read-only alone is no sandbox: SQL can still read any file and write one with `copy`. With
    `sandbox`, access to files is closed for good, so the connection can be handed to SQL that
    somebody else wrote. Connections of one process to one file share this.

    Raises:
        UserError: there is no such file, it is not a DuckDB file, or a writer has locked it.

    """
    if not warehouse.is_file():
        raise UserError(f"there is no warehouse file {warehouse}: build it first, or name another")
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except (duckdb.IOException, duckdb.ConnectionException, duckdb.SerializationException) as error:
        reason = str(error)
        if "set lock" in reason or "different configuration" in reason:
            raise UserError(
                f"{warehouse} is open for writing: try again once the writer has closed it"
            ) from error
        if isinstance(error, duckdb.ConnectionException):
            raise
        if "Permission denied" in reason:
            raise UserError(f"{warehouse} cannot be read: permission denied") from error
        raise UserError(
            f"{warehouse} is not a DuckDB file that DuckDB {duckdb.__version__} can read"
        ) from error
    if sandbox:
        _close_file_access(connection)
    return connection


def _close_file_access(connection: duckdb.DuckDBPyConnection) -> None:
    # Without external access, DuckDB still lets `copy` write the open file itself and what belongs
    # to it (.wal, .tmp/): only disabling the file system closes that. It has to follow, since the
    # setting before it asks the file system where the open file is.
    with _SETTINGS_LOCK:
        (locked,) = connection.execute("select current_setting('lock_configuration')").fetchone()
        if not locked:
            connection.execute("set enable_external_access = false")
            connection.execute("set disabled_filesystems = 'LocalFileSystem'")
            connection.execute("set lock_configuration = true")


def quoted(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


# Manifest


@dataclass(frozen=True)
class Column:
    """One column of a mart; `is_required` where a test says that it is never null."""

    name: str
    data_type: str
    description: str
    is_required: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """Columns that point at columns of the model `to`; a null in any of them is no reference."""

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True)
class Mart:
    """A model of the schema `marts` as the manifest describes it, with the keys that tests enforce.

    `columns` is empty where the project declares none, `primary_key` where there is none.
    """

    name: str
    schema: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def relation(self) -> str:
        """The mart's name in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def read_marts(manifest: Path) -> tuple[Mart, ...]:
    """Read the marts from a dbt manifest, in the order of their names.

    Raises:
        UserError: there is no such file, or it is not a dbt manifest with marts.

    """
    try:
        nodes = json.loads(manifest.read_bytes())["nodes"]
    except OSError as error:
        raise UserError(f"cannot read the dbt manifest {manifest}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{manifest} is not a dbt manifest") from error
    tests: dict[str, list[dict[str, Any]]] = {}
    for _, node in sorted(nodes.items()):
        # A test with a `where` says nothing about the other rows: it enforces no key and no value.
        if node["resource_type"] == "test" and not node["config"].get("where"):
            tests.setdefault(node.get("attached_node") or "", []).append(node)
    marts = [
        _mart(node, tests.get(unique_id, []), nodes)
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["config"].get("schema") == "marts"
    ]
    if not marts:
        raise UserError(f"the dbt manifest {manifest} has no model in the schema marts")
    return tuple(sorted(marts, key=lambda mart: mart.name))


def _mart(node: dict[str, Any], tests: list[dict[str, Any]], nodes: dict[str, Any]) -> Mart:
    required = _required_columns(tests)
    return Mart(
        name=node["alias"],
        schema=node["schema"],
        description=_unwrapped(node["description"]),
        columns=tuple(
            Column(
                name=column["name"],
                data_type=column.get("data_type") or "",
                description=_unwrapped(column.get("description") or ""),
                is_required=column["name"] in required,
            )
            for column in node["columns"].values()
        ),
        primary_key=_primary_key(node, tests),
        foreign_keys=tuple(
            key for test in _named(tests, "foreign_keys") for key in _foreign_keys(test, nodes)
        ),
    )


def _unwrapped(text: str) -> str:
    """Undo the line breaks within a paragraph; keep paragraphs, lists and tables."""
    return re.sub(r"(?<!\n)\n(?![\n\-*|#\d])", " ", text.strip())


def _named(tests: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [test for test in tests if (test.get("test_metadata") or {}).get("name") == name]


def _kwargs(test: dict[str, Any]) -> dict[str, Any]:
    return test["test_metadata"]["kwargs"]


def _primary_key(node: dict[str, Any], tests: list[dict[str, Any]]) -> tuple[str, ...]:
    """Columns of the key test that is marked as the primary key, is the grain, or comes first."""
    keys = _named(tests, "unique_key")
    grain = node["config"].get("meta", {}).get("grain")
    marked = [test for test in keys if test["config"].get("meta", {}).get("primary_key")]
    of_grain = [test for test in keys if grain and set(_kwargs(test)["columns"]) == set(grain)]
    chosen = (marked or of_grain or keys)[:1]
    return tuple(_kwargs(chosen[0])["columns"]) if chosen else ()


def _foreign_keys(test: dict[str, Any], nodes: dict[str, Any]) -> Iterator[ForeignKey]:
    names = {nodes[id]["name"]: nodes[id]["alias"] for id in test["depends_on"]["nodes"]}
    for key in _kwargs(test)["keys"]:
        # `ref('model')`, or `ref('package', 'model')`, as it is written in the project
        model = re.findall(r"['\"](.+?)['\"]", key["to"])[-1]
        yield ForeignKey(tuple(key["columns"]), names[model], tuple(key["to_columns"]))


def _required_columns(tests: list[dict[str, Any]]) -> set[str]:
    required = {_kwargs(test)["column_name"] for test in _named(tests, "not_null")}
    return required.union(*(_kwargs(test)["columns"] for test in _named(tests, "complete")))


# Folders that appear whole or not at all


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

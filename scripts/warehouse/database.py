"""Read-only connections to the warehouse, closed to files where SQL of others runs on them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb

from warehouse.project import UserError

# How a warehouse file is made; dbt goes on with it under the same settings (profiles.yml).
STORAGE: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.0.0",
    "default_block_size": "16384",
}

_SETTINGS_LOCK = threading.Lock()


def connect_read_only(warehouse: Path, *, sandbox: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file for reading.

    Read-only alone is no sandbox: SQL can still read any file and write one with `copy`. With
    `sandbox`, access to files is closed for good, so the connection can be handed to SQL that
    somebody else wrote. Connections of one process to one file share this.

    Raises:
        UserError: there is no such file, it is not a DuckDB file, a writer has locked it, or one
            that died has left changes beside it, which readers would get.

    """
    if not warehouse.is_file():
        raise UserError(f"there is no warehouse file {warehouse}: build it first, or name another")
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except (duckdb.IOException, duckdb.ConnectionException, duckdb.SerializationException) as error:
        reason = str(error)
        if "set lock" in reason or "different configuration" in reason:
            problem = "is open for writing: try again once the writer has closed it"
        elif isinstance(error, duckdb.ConnectionException):
            raise
        elif "Permission denied" in reason:
            problem = "cannot be read: permission denied"
        else:
            problem = f"is not a DuckDB file that DuckDB {duckdb.__version__} can read"
        raise UserError(f"{warehouse} {problem}") from error
    left = warehouse.with_name(f"{warehouse.name}.wal")
    if left.exists():
        connection.close()
        raise UserError(f"{left} has changes that no build made: build it anew")
    if sandbox:
        _close_file_access(connection)
    return connection


def _close_file_access(connection: duckdb.DuckDBPyConnection) -> None:
    # Without external access, DuckDB still lets `copy` write the open file itself and what belongs
    # to it (.wal, .tmp/): only disabling the file system closes that. It has to follow, since the
    # setting before it asks the file system where the open file is.
    with _SETTINGS_LOCK:
        settings = connection.execute("select current_setting('lock_configuration')")
        [(locked,)] = settings.fetchall()
        if not locked:
            connection.execute("set enable_external_access = false")
            connection.execute("set disabled_filesystems = 'LocalFileSystem'")
            connection.execute("set lock_configuration = true")


def named_rows(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the rows of a query that was executed, each by the names of its columns."""
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def quoted(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote an SQL text."""
    return "'" + value.replace("'", "''") + "'"

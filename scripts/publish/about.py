"""What a build says about itself: the table `release.about`, and `release.json` of a release."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
import subprocess
from pathlib import Path
from typing import Any

import duckdb

from publish.folder import files_below
from publish.releases import MANIFEST
from warehouse.project import PROJECT, sha256

COLUMNS = {
    "build_id": "Name of this data: the same rows and descriptions have the same id.",
    "built_at": "When it was built, in UTC.",
    "git_commit": "Commit of the project that built it; null outside a git repository.",
    "has_uncommitted_changes": "True where tracked files differed from that commit.",
    "dbt_version": "Version of dbt-core that built it.",
    "dbt_duckdb_version": "Version of dbt-duckdb that built it.",
    "duckdb_version": "Version of DuckDB that wrote the file.",
    "python_version": "Version of Python that ran the build.",
}
TYPES = {"built_at": "timestamp", "has_uncommitted_changes": "boolean"}


def about(build_id: str) -> dict[str, Any]:
    """Say which build this is: a value for each of `COLUMNS`."""
    commit, has_changes = _git_state()
    return {
        "build_id": build_id,
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

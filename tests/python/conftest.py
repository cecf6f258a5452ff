"""Fixtures: the warehouse built once a session, as a user builds it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from publish.build import Places

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Built:
    """What a build left: its files, and what it printed."""

    warehouse: Path
    exports: Path
    manifest: Path
    run_results: Path
    printed: str


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything that tests need is installed, as in CI, a skipped test is a failure."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_INTEGRATION") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but REQUIRE_INTEGRATION is set: {report.longrepr}"
    return report


def need(present: object, install: str) -> None:
    """Skip a test whose server, driver or environment is missing, and say what to install."""
    if not present:
        pytest.skip(f"needs what is not installed: {install}")


def run_build(project: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the build script of a project as `make build` does."""
    command = [sys.executable, "scripts/cli.py", "build", "--output", str(output), *options]
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, timeout=300
    )


@dataclass(frozen=True)
class Run:
    """A run of the release script: exit status, what it told people, and its line for machines."""

    exit_status: int
    said: str
    record: dict[str, Any]


def release_command(project: Path, releases: Path, *options: str) -> list[str]:
    """Give the command that `make release` runs."""
    script = str(project / "scripts" / "cli.py")
    return [sys.executable, script, "release", "--releases", str(releases), *options]


def run_release(project: Path, releases: Path, *options: str, **more: Any) -> Run:
    """Run the release script of a project."""
    done = subprocess.run(
        release_command(project, releases, *options),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **more,
    )
    record = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return Run(done.returncode, done.stderr, record)


def alter(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build, with dbt's unit tests, into a folder of the session."""
    output = tmp_path_factory.mktemp("built") / "build"
    done = run_build(PROJECT, output, "--unit-tests")
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(
        warehouse=output / "warehouse.duckdb",
        exports=output / "exports",
        manifest=output / "manifest.json",
        run_results=Places(output).target / "run_results.json",
        printed=done.stdout,
    )


def copy_project(folder: Path) -> Path:
    """Copy what a build needs into a folder, for tests that alter the project."""
    copy = folder / "project"
    copy.mkdir()
    ignore = shutil.ignore_patterns("__pycache__", "python")
    for name in ("seeds", "models", "macros", "tests", "analyses", "scripts"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignore)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, copy / name)
    return copy


def copy_tracked_files(folder: Path) -> None:
    """Install the project in a folder: its tracked files, and the environments that are ready."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (PROJECT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    for environment in PROJECT.glob(".venv*"):
        (folder / environment.name).symlink_to(environment)
    for lock in (folder / "requirements").glob("*.lock"):
        os.utime(lock, (0, 0))


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """Give a copy of the project."""
    return copy_project(tmp_path)

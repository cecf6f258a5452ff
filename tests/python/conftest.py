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

import duckdb
import pytest

from publish.build import Places
from warehouse.database import STORAGE

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
    """A run of the release command: exit status, what it told people, its line for machines."""

    exit_status: int
    said: str
    record: dict[str, Any]


def release_command(project: Path, releases: Path, *options: str) -> list[str]:
    """Give the command that `make release` runs."""
    script = str(project / "scripts" / "cli.py")
    return [sys.executable, script, "release", "--releases", str(releases), *options]


def finish_release(command: list[str], **more: Any) -> Run:
    """Run a release command to its end."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **more)
    record = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return Run(done.returncode, done.stderr, record)


def run_release(project: Path, releases: Path, *options: str, **more: Any) -> Run:
    """Run the release command of a project."""
    return finish_release(release_command(project, releases, *options), **more)


# Runs a command with what an earlier build made in the place of dbt, which takes most of the time,
# or with a finished release in the place of all that a release is made of.
# With a number of steps, the process is killed before that step of changing names and folders.
QUICKLY = """
import os, shutil, sys
from pathlib import Path
sys.path.insert(0, sys.argv.pop(1))
edition, steps, exchanges = Path(sys.argv.pop(1)), int(sys.argv.pop(1)), sys.argv.pop(1) == "True"
import json
import publish.build, publish.folder, publish.release

def build_with_dbt(warehouse, target_path, **_):
    shutil.copyfile(edition / "warehouse.duckdb", warehouse)
    shutil.copytree(edition / "target", target_path, dirs_exist_ok=True)
    return []

def fill(folder, *_):
    shutil.copytree(edition, folder, dirs_exist_ok=True)
    return json.loads((edition / "release.json").read_bytes())

def step():
    global steps
    steps -= 1
    if steps == 0:
        os._exit(9)

def counted(call):
    def with_step(*arguments, **options):
        step()
        return call(*arguments, **options)
    return with_step

def rmtree(folder, *arguments, **options):
    step()
    for path in [path for path in Path(folder).rglob("*") if path.is_file()][:1]:
        path.unlink()
        step()
    remove(folder, *arguments, **options)

remove = shutil.rmtree
publish.build.build_with_dbt = build_with_dbt
if (edition / "release.json").exists():
    publish.release._fill = fill
if not exchanges:
    publish.folder._exchange = lambda *_: False
if steps:
    publish.folder._exchange = counted(publish.folder._exchange)
    shutil.rmtree = rmtree
    for name in ("rename", "replace", "symlink"):
        setattr(os, name, counted(getattr(os, name)))
import cli
sys.exit(cli.main())
"""
KILLED = 9


def quick_command(
    edition: Path, *command: str | Path, kill_at: int = 0, exchanges: bool = True
) -> list[str]:
    """Give a command of cli.py that publishes an edition of `make_edition`, or a release again."""
    settings = [str(PROJECT / "scripts"), str(edition), str(kill_at), str(exchanges)]
    return [sys.executable, "-c", QUICKLY, *settings, *map(str, command)]


def quick_release(edition: Path, releases: Path, *options: str) -> Run:
    """Release an edition without dbt."""
    return finish_release(quick_command(edition, "release", "--releases", releases, *options))


def make_edition(built: Built, folder: Path, number: int) -> Path:
    """Write what dbt has made, with a number in two tables and in the manifest, to a folder."""
    target = folder / "target"
    target.mkdir(parents=True)
    for name in ("run_results.json", "static_index.html"):
        shutil.copy(built.run_results.with_name(name), target)
    manifest = json.loads(built.manifest.read_bytes())
    for node in manifest["nodes"].values():
        if node["name"] == "dim_reports":
            node["description"] += f" Edition {number}."
    (target / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(built.warehouse, folder)
    with duckdb.connect(str(folder / "warehouse.duckdb"), config=STORAGE) as warehouse:
        warehouse.execute(f"update marts.dim_reports set title = title || ' Edition {number}.'")
        warehouse.execute(
            "update marts.fct_sentence_by_inducement"
            f" set inducement_label = inducement_label || ' Edition {number}.'"
        )
    return folder


def alter(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build, with dbt's unit tests, into a folder of the session."""
    output = tmp_path_factory.mktemp("built") / "build"
    done = run_build(PROJECT, output, "--unit-tests", "--docs")
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

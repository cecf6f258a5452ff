"""Fixtures: the warehouse, built and released once as a user does it, and editions of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

import cli
from html_pages import Pages, page_files, read
from pages.site import make_site
from publish.build import Places
from warehouse.database import STORAGE
from warehouse.project import sha256

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES = PROJECT / "tests" / "fixtures"
CLI = str(PROJECT / "scripts" / "cli.py")


class Built(Places):
    """What a build left: its files, and what it printed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "build")
        self.run_results = self.target / "run_results.json"
        self.printed = (folder / "printed.txt").read_text()


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


def run(*command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command, in a group of processes of its own, to its end."""
    more = {"check": False, "timeout": 300, "start_new_session": True} | more
    return subprocess.run(command, capture_output=True, text=True, **more)


def run_cli(
    *arguments: str | Path, project: Path = PROJECT, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command of a project as `make` does."""
    return run(sys.executable, project / "scripts" / "cli.py", *arguments, **more)


def run_build(project: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the build of a project."""
    return run_cli("build", "--output", output, *options, project=project)


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that has to refuse, and give the one line that it prints."""

    def refused(name: str, *options: str) -> str:
        assert cli.main([name, *options]) == 2
        printed = capsys.readouterr()
        [line] = printed.err.splitlines()
        assert line.startswith(f"{name}: ") and not printed.out
        return line.removeprefix(f"{name}: ")

    return refused


@dataclass(frozen=True)
class Run:
    """A run of the release command: exit status, what it told people, its line for machines."""

    exit_status: int
    said: str
    record: dict[str, Any]


def run_release(
    releases: Path, *options: str, command: Sequence[str] = (sys.executable, CLI), **more: Any
) -> Run:
    """Run the release command as `make release` does, or as another command line does."""
    done = run(*command, "release", "--releases", releases, *options, **more)
    record = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return Run(done.returncode, done.stderr, record)


def quick_release(edition: Path, releases: Path, *options: str) -> Run:
    """Release an edition without dbt."""
    return run_release(releases, *options, command=quick_command(edition))


# Runs a command with what an earlier build made in the place of dbt, and a page in the place of the
# site, which take most of the time. With a number of steps, the process is killed before that step
# of changing names and folders.
QUICKLY = """
import json, os, shutil, sys
from pathlib import Path
sys.path.insert(0, sys.argv.pop(1))
edition, steps, exchanges = Path(sys.argv.pop(1)), int(sys.argv.pop(1)), sys.argv.pop(1) == "True"
import publish.build, publish.folder, publish.release

def build_with_dbt(warehouse, target_path, **_):
    shutil.copyfile(edition / "warehouse.duckdb", warehouse)
    shutil.copytree(edition / "target", target_path, dirs_exist_ok=True)
    return []

def add_site(folder):
    site, exports = folder / "site", folder / "exports"
    build_id = json.loads((exports / "datapackage.json").read_bytes())["build_id"]
    page = f'<meta name="build-id" content="{build_id}">'
    site.mkdir()
    (site / "index.html").write_text(page + (exports / "csv" / "dim_reports.csv").read_text())
    (site / "SHA256SUMS").write_text("0  index.html\\n0  dbt/index.html\\n")
    if (folder / "docs").exists():
        shutil.copytree(folder / "docs", site / "dbt")

def step():
    global steps
    steps -= 1
    if steps == 0:
        os.killpg(0, 9)

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
publish.release.check_version = lambda *_: None  # all editions state one version
publish.build.add_site = publish.release.add_site = add_site
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
KILLED = -9


def quick_command(edition: Path, kill_at: int = 0, exchanges: bool = True) -> list[str]:
    """Give a cli.py that publishes an edition, whose making does not take dbt."""
    scripts = str(PROJECT / "scripts")
    return [sys.executable, "-c", QUICKLY, scripts, str(edition), str(kill_at), str(exchanges)]


MISHAP = """
import duckdb, publish.releases
def change(folder):
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("update marts.dim_reports set title = 'HACKED'")
def before(call):
    def with_mishap(folder, *more):
        {mishap}
        return call(folder, *more)
    return with_mishap
{step} = before({step})
import cli
"""


def mishap_command(edition: Path, step: str, mishap: str) -> list[str]:
    """Give a `quick_command` in which something happens before a step, which takes a folder."""
    command = quick_command(edition)
    command[2] = command[2].replace("import cli\n", MISHAP.format(step=step, mishap=mishap))
    return command


def make_edition(built: Built, folder: Path, number: int) -> Path:
    """Write what dbt has made, with a number in a table and in the manifest, to a folder."""
    target = folder / "target"
    target.mkdir(parents=True)
    for name in ("run_results.json", "static_index.html"):
        shutil.copy(built.run_results.with_name(name), target)
    manifest = json.loads(built.manifest.read_bytes())
    described = manifest["nodes"]["model.sentencing_warehouse.dim_reports"]
    described["description"] += f" Edition {number}."
    del manifest["metadata"]["build_id"]
    (target / "manifest.json").write_text(json.dumps(manifest))
    shutil.copyfile(built.warehouse, folder / "warehouse.duckdb")
    with duckdb.connect(str(folder / "warehouse.duckdb"), config=STORAGE) as warehouse:
        warehouse.execute(f"update marts.dim_reports set title = title || ' Edition {number}.'")
        warehouse.execute("drop schema release cascade")
    return folder


def cells(table: str) -> list[list[str]]:
    """Read a table: cells between bars; a line that begins with | continues the row above."""
    rows = table.strip().replace("\n|", " |").splitlines()
    return [[cell.strip().replace("\\n", "\n") for cell in row.split("|")] for row in rows]


def answers(path: Path) -> dict[str, str]:
    """Read questions, each a query or an analysis by its name, and their answers below an arrow."""
    sections = path.read_text(encoding="utf-8").strip().split("\n\n")
    return dict(section.split("\n->\n") for section in sections)


def answer(connection: Marts, query: str) -> str:
    """Ask a query, and write its rows as they stand in a file of answers."""
    rows = connection.execute(query).fetchall()
    return "\n".join(" | ".join("-" if c is None else str(c) for c in row) for row in rows)


def alter(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


def fingerprint(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of each file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def copy_folder(folder: Path, copy: Path) -> Path:
    """Copy a folder with its links; the copy can be altered."""
    return shutil.copytree(folder, copy, symlinks=True, copy_function=shutil.copyfile)


WRITING = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
connection.execute("update marts.dim_reports set title = 'HACKED'")
print("changed", flush=True)
sys.stdin.readline()
"""


@contextmanager
def writer(warehouse: Path) -> Iterator[Callable[[], None]]:
    """Start a process that opens a published warehouse for writing, changes it, and is killed."""
    warehouse.chmod(0o644)
    command = [sys.executable, "-c", WRITING, str(warehouse)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as process:

        def change() -> None:
            print(file=process.stdin, flush=True)
            assert process.stdout and process.stdout.readline() == "changed\n"

        assert process.stdout and process.stdout.readline() == "open\n"
        yield change
        process.kill()


Make = Callable[[Path], None]
Marts = duckdb.DuckDBPyConnection
Shared = Callable[[str, Make], Path]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Give folders that one process makes for all test processes of a run; not to be changed."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def shared(name: str, make: Make) -> Path:
        with FileLock(root / f"{name}.lock"):
            if not (root / name).exists():
                (root / f"{name}.new").mkdir()
                make(root / f"{name}.new")
                (root / f"{name}.new").rename(root / name)
        return root / name

    return shared


@pytest.fixture(scope="session")
def built(shared: Shared) -> Built:
    """Build, with dbt's unit tests."""

    def make(folder: Path) -> None:
        done = run_build(PROJECT, folder / "build", "--unit-tests", "--docs")
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "printed.txt").write_text(done.stdout)

    return Built(shared("built", make))


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[Marts]:
    """A connection to the warehouse, in its schema `marts`."""
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


@pytest.fixture(scope="session")
def site(built: Built, shared: Shared) -> Path:
    """The report pages, with dbt's documentation."""
    return shared("pages", lambda folder: make_site(built.warehouse, folder / "site")) / "site"


@pytest.fixture(scope="session")
def pages(site: Path) -> Pages:
    """The pages as trees, by their paths."""
    return {path.relative_to(site).as_posix(): read(path) for path in page_files(site)}


@pytest.fixture(scope="session")
def released(shared: Shared) -> Path:
    """Release, with next to no environment, a clone in a folder whose name has to be quoted.

    Gives the folder with `releases/`, `results.json` and the clone.
    """

    def make(folder: Path) -> None:
        project = copy_project(folder / "o'brien's clone")
        command = [sys.executable, str(project / "scripts" / "cli.py")]
        options = ("--results", str(folder / "results.json"))
        done = run_release(folder / "releases", *options, command=command, env={}, cwd="/")
        assert (done.exit_status, done.record["outcome"]) == (0, "released"), done.said

    return shared("released", make)


@pytest.fixture(scope="session")
def editions(built: Built, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two builds of dbt that differ in warehouse, exports and manifest."""
    folder = tmp_path_factory.mktemp("editions")
    return [make_edition(built, folder / str(number), number) for number in (0, 1)]


@pytest.fixture(scope="session")
def first(editions: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a build and with a release that were made without dbt; not to be changed."""
    folder = tmp_path_factory.mktemp("first")
    for command in (["build", "--output", "build"], ["release", "--releases", "releases"]):
        done = run(*quick_command(editions[0]), *command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def output(first: Path, tmp_path: Path) -> Path:
    """A copy of the build that was made without dbt."""
    shutil.copytree(first / "build", tmp_path / "build")
    shutil.copytree(first / ".work", tmp_path / ".work")
    return tmp_path / "build"


@pytest.fixture
def releases(first: Path, tmp_path: Path) -> Path:
    """A copy of the releases folder with one release."""
    return shutil.copytree(first / "releases", tmp_path / "releases", symlinks=True)


def copy_project(folder: Path) -> Path:
    """Copy what a build needs into a folder, for tests that alter the project."""
    copy = folder / "project"
    copy.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", "python")
    for name in ("seeds", "models", "macros", "tests", "analyses", "scripts"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignore)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, copy / name)
    return copy

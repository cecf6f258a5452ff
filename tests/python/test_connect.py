"""The snippets of docs/connect.md give the answers that the page shows."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

import test_postgres
from conftest import PROJECT, need, run_release

PAGE = (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = {
    "sh": ["bash", "-eu"],
    "python": [sys.executable, "-"],
    "r": ["Rscript", "--vanilla", "-"],
}

server = test_postgres.server
published = test_postgres.published


@dataclass(frozen=True)
class Snippet:
    """A fenced block, the heading and the paragraph that it stands under, and its answer."""

    heading: str
    introduction: str
    language: str
    code: str
    answer: str | None = None


def read_snippets(page: str) -> list[Snippet]:
    """Read the blocks of a page that can be run; a block of `text` is the answer to one."""
    found: list[Snippet] = []
    end = 0
    for block in FENCED.finditer(page):
        between, text = page[end : block.start()], page[: block.start()]
        end = block.end()
        if block[1] == "text":
            assert not between.strip(), "an answer stands right below its snippet"
            found[-1] = replace(found[-1], answer=block[2])
        elif block[1] in RUN:
            heading = re.findall(r"^## (.*)$", text, re.MULTILINE)[-1]
            introduction = text.rstrip().rpartition("\n\n")[2]
            found.append(Snippet(heading, introduction, block[1], block[2]))
    return found


SNIPPETS = read_snippets(PAGE)
TRIED = [snippet for snippet in SNIPPETS if snippet.answer is not None]


def cases(*, odbc: bool) -> list[Any]:
    """Give the snippets to try, over ODBC or not; what needs R or a server is marked."""
    return [
        pytest.param(
            snippet,
            id=f"{snippet.heading}, {snippet.language}, {SNIPPETS.index(snippet)}",
            marks=[pytest.mark.integration] if odbc or snippet.language == "r" else [],
        )
        for snippet in TRIED
        if ("ODBC" in snippet.heading) == odbc
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with releases, laid out as the page says."""
    folder = tmp_path_factory.mktemp("connect")
    done = run_release(PROJECT, folder / "releases")
    assert done.exit_status == 0, done.said
    return folder


def run_snippet(snippet: Snippet, folder: Path, **environment: str) -> str:
    """Run a snippet as its reader does and return what it prints."""
    if snippet.language == "r":
        need(shutil.which("Rscript"), "R (Debian: r-base-core)")
        for package in re.findall(r"(\w+)::", snippet.code):
            asked = ["Rscript", "--vanilla", "-e", f"find.package('{package}')"]
            found = subprocess.run(asked, capture_output=True, check=False).returncode == 0
            need(found, f"R's package {package} (Debian: r-cran-{package.lower()})")
    path = f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        RUN[snippet.language],
        input=snippet.code,
        cwd=folder,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("snippet", cases(odbc=False))
def test_a_snippet_gives_the_answer_of_the_page(snippet: Snippet, folder: Path) -> None:
    assert run_snippet(snippet, folder) == snippet.answer


@pytest.mark.parametrize("snippet", cases(odbc=True))
def test_a_snippet_over_odbc_gives_the_answer_of_the_page(
    snippet: Snippet, server: Any, published: object, tmp_path: Path
) -> None:
    need(importlib.util.find_spec("pyodbc"), "make .venv/dev.ready")
    [source] = [code for language, code in FENCED.findall(PAGE) if language == "ini"]
    for old, new in (
        ("Port = 5432", f"Port = {server.port}"),
        ("Password = ...", f"Password = {server.passwords['analyst']}"),
    ):
        assert old in source
        source = source.replace(old, new)
    (tmp_path / "odbc.ini").write_text(source)
    answer = run_snippet(snippet, tmp_path, ODBCINI=str(tmp_path / "odbc.ini"))
    assert answer == snippet.answer


def test_a_snippet_without_an_answer_says_that_it_was_not_tried() -> None:
    assert len(TRIED) > 10
    for snippet in SNIPPETS:
        assert (snippet.answer is None) == ("Not tried" in snippet.introduction), snippet.code
    assert {language for language, _ in FENCED.findall(PAGE)} == {*RUN, "text", "ini"}


@pytest.mark.integration
@pytest.mark.parametrize("version", ["1.4", "1.5"])
def test_older_clients_close_the_sandbox_alike(folder: Path, version: str) -> None:
    python = PROJECT / f".venv-duckdb-{version}" / "bin" / "python"
    need(python.exists(), f"make .venv-duckdb-{version}/ready")
    [snippet] = [snippet for snippet in TRIED if "lock_configuration" in snippet.code]
    done = subprocess.run(
        [python, "-c", snippet.code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, snippet.answer), done.stderr


# What the page says about readers


def query(connection: duckdb.DuckDBPyConnection) -> str:
    [(value,)] = connection.execute("select v from t").fetchall()
    return str(value)


def write(path: Path, value: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table t as select '{value}' as v")


def test_a_reader_keeps_its_release_and_a_new_connection_reads_the_new_one(tmp_path: Path) -> None:
    for value in ("old", "new"):
        (tmp_path / value).mkdir()
        write(tmp_path / value / "warehouse.duckdb", value)
    current = tmp_path / "current"
    current.symlink_to("old")
    path = str(current / "warehouse.duckdb")
    with duckdb.connect(path, read_only=True) as reader:
        assert query(reader) == "old"
        (tmp_path / "link").symlink_to("new")
        os.replace(tmp_path / "link", current)
        shutil.rmtree(tmp_path / "old")
        assert query(reader) == "old"
        with duckdb.connect(path, read_only=True) as another:
            assert query(another) == "new"


def test_a_file_that_was_replaced_is_read_once_all_connections_are_closed(tmp_path: Path) -> None:
    path, built = tmp_path / "warehouse.duckdb", tmp_path / "work.duckdb"
    write(path, "old")
    write(built, "new")
    with duckdb.connect(str(path), read_only=True) as reader:
        os.replace(built, path)
        with duckdb.connect(str(path), read_only=True) as another:
            assert query(another) == query(reader) == "old"
    with duckdb.connect(str(path), read_only=True) as another:
        assert query(another) == "new"

"""The snippets of docs/connect.md give the answers that the page shows; `make sql` only reads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cli
import test_postgres
from conftest import FIXTURES, PROJECT, Built, alter, need, run
from exported import contents

PAGE = (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8")
RUN = {
    "sh": ["bash", "-eu"],
    "python": [sys.executable, "-"],
    "r": ["Rscript", "--vanilla", "-"],
}
# Language, code, and the answer, which stands right below.
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE)
[ODBC_INI] = [code for language, code, _ in BLOCKS if language == "ini"]
SNIPPETS = [
    pytest.param(
        language,
        code,
        answer,
        id=f"{language} {number}",
        marks=[pytest.mark.integration] if language == "r" or "odbc" in code else [],
    )
    for number, (language, code, answer) in enumerate(BLOCKS)
    if answer
]

server = test_postgres.server
published = test_postgres.published


def run_snippet(language: str, code: str, folder: Path, **environment: str) -> str:
    """Run a snippet as its reader does and return what it prints."""
    if language == "r":
        need(shutil.which("Rscript"), "R (Debian: r-base-core)")
        for package in re.findall(r"(\w+)::", code):
            found = run("Rscript", "--vanilla", "-e", f"find.package('{package}')").returncode == 0
            need(found, f"R's package {package} (Debian: r-cran-{package.lower()})")
    path = f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path} | environment
    done = run(*RUN[language], input=code, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("language", "code", "answer"), SNIPPETS)
def test_a_snippet_gives_the_answer_of_the_page(
    language: str, code: str, answer: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if "odbc" not in code:
        folder = request.getfixturevalue("released")
        assert run_snippet(language, code, folder) == answer
        return
    running: Any = request.getfixturevalue("server")
    request.getfixturevalue("published")
    source = tmp_path / "odbc.ini"
    source.write_text(ODBC_INI)
    alter(source, "Port = 5432", f"Port = {running.port}")
    alter(source, "Password = ...", f"Password = {running.passwords['analyst']}")
    assert run_snippet(language, code, tmp_path, ODBCINI=str(source)) == answer


def test_every_snippet_has_an_answer_and_is_tried() -> None:
    assert len(SNIPPETS) >= 10
    assert [code for language, code, answer in BLOCKS if language in RUN and not answer] == []
    assert PAGE.count("\n```") == 2 * (len(BLOCKS) + len(SNIPPETS))


@pytest.mark.integration
@pytest.mark.parametrize("version", ["1.4", "1.5"])
def test_older_clients_read_a_release_and_close_the_sandbox_alike(
    released: Path, version: str
) -> None:
    python = PROJECT / f".venv-duckdb-{version}" / "bin" / "python"
    need(python.exists(), f"make .venv-duckdb-{version}/ready")
    tried = [(code, answer) for _, code, answer in BLOCKS if "warehouse.sql(" in code]
    tried.append(("import duckdb\nprint(duckdb.__version__[:3])", f"{version}\n"))
    assert len(tried) == 4
    for code, answer in tried:
        if ".pl()" not in code:
            done = run(python, "-c", code, cwd=released)
            assert (done.returncode, done.stdout) == (0, answer), done.stderr


def make_sql(
    warehouse: Path | str, query: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `make sql` with the environment of these tests taken as set up."""
    command = ["make", "--silent", f"BIN={Path(sys.executable).parent}", "-o", ".venv/build.ready"]
    given = [f"WAREHOUSE={warehouse}", f"QUERY={query}"]
    return run(*command, "sql", *given, cwd=PROJECT, input=typed)


def test_sql_prints_a_result_or_that_there_is_no_warehouse(built: Built) -> None:
    query = 'select sum(offender_count) as "it\'s $PATH" from marts.fct_victim_count_buckets'
    done = make_sql(built.warehouse, query)
    assert done.returncode == 0, done.stderr
    assert "512" in done.stdout
    assert "it's $PATH" in done.stdout
    done = make_sql("nowhere.duckdb", query)
    assert done.returncode == 2
    assert done.stderr.startswith("sql: there is no warehouse file nowhere.duckdb: build it first")
    done = make_sql(built.warehouse, "", "select 20\n+ 1;\nselect 2\n")
    assert (done.returncode, re.findall(r" (\d+) │\n└", done.stdout)) == (0, ["21", "2"])
    done = make_sql(built.warehouse, "", "selec;\nselect 2\n")
    assert done.returncode != 0
    assert done.stderr.startswith("Parser Error: ")


REFUSED = [
    *(FIXTURES / "refused_by_duckdb.txt").read_text().splitlines(),
    "from query('select getenv(''SECRET'')')",
    "load '{folder}/secret.duckdb_extension'",
    "call start_ui()",
    "set home_directory = '{folder}'",
    "set memory_limit = '1GB'",
    "create secret of_mine (type s3, provider credential_chain)",
    ".shell touch {folder}/touched",
    ".read {outside}",
]


@pytest.mark.parametrize("query", REFUSED)
def test_sql_cannot_write_or_reach_files(
    built: Built,
    tmp_path: Path,
    query: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET", "secret")
    outside = tmp_path / "outside.csv"
    outside.write_text("select 'secret'\n")
    before = contents(tmp_path), contents(built.warehouse.parent)
    places = {"folder": tmp_path, "home": tmp_path, "outside": outside}
    query = query.format(**places, warehouse=built.warehouse)
    assert cli.main(["sql", str(built.warehouse), query]) == 1
    assert "secret" not in capsys.readouterr().out
    assert (contents(tmp_path), contents(built.warehouse.parent)) == before

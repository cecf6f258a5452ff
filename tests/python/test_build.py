"""The build publishes whole or not at all, and says in plain words what is wrong."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from conftest import (
    KILLED,
    PROJECT,
    Built,
    alter,
    copy_project,
    make_edition,
    quick_command,
    run_build,
)
from publish.folder import BusyError, check_is_build, replaced_folder
from warehouse.project import UserError
from warehouse.seed_files import check_seed_files

REPORT = "ussc_production_2021"
TITLE = "select title from marts.dim_reports"


def seed(project: Path, exhibit: str) -> Path:
    return project / "seeds" / REPORT / f"raw_{REPORT}__{exhibit}.csv"


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of its own, built once into its folder `build`."""
    copy = copy_project(tmp_path_factory.mktemp("faults"))
    done = run_build(copy, copy / "build")
    assert done.returncode == 0, done.stderr
    return copy


def test_summary_says_what_there_is(built: Built) -> None:
    for line in (
        "fct_sentence_by_inducement                         5",
        "2 declared discrepancies",
        "78.0 is printed; consistent would be 77.9 (399 of 512) or 78.1 (400 of 512)",
        "make sql QUERY=",
    ):
        assert line in built.printed


def test_same_seeds_give_the_same_exports(built: Built, project: Path) -> None:
    one, other = fingerprint(built.exports), fingerprint(project / "build" / "exports")
    assert one == other
    assert len(one) > 80


# Alterations of one build -> what it says.
FAULTS = {
    "digits": (
        [
            ("figure_10", "56.6,290", "56.6,291"),
            ("table_11", "inducements.coercion,103,291", "inducements.coercion,103,292"),
            ("figure_23", "types.gender,2.2", "types.gender,2.1"),
        ],
        [
            f"{REPORT}.figure_10, Number of Victims, paragraph 1, Single victim, percent:"
            " printed is 56.6, expected 56.8359",
            "(100 x 291 (",
            "Used coercive tactics, printed_value: printed is 291, expected 292.0000",
            "known_discrepancies, misrepresentation_of_gender_percentage: expected a number that",
        ],
    ),
    "rows": (
        [
            (
                "figure_23",
                "5,Another aspect of identity,misrepresentation_types.other,5.1,,1,\n",
                "",
            ),
            ("figure_10", "41.0,210", "41,210"),
            ("key_findings", "fiscal year 2005,2005", "fiscal year 2005,2004"),
        ],
        [
            "figure_23: expected rows 1 to 5, 5 numbers",
            "keyed are rows 1 to 4, 4 numbers",
            "figure_10, column percent, offender_percent: expected one number of decimals, printed",
            "key_findings: the fiscal year 2004 is keyed and not in exhibit_controls",
        ],
    ),
    "cells": (
        [
            ("figure_23", "types.age,7.2", "types.age,"),
            ("table_11", "5,Enticement,", "5,Enticements,"),
        ],
        [
            "figure_23: expected rows 1 to 5, 5 numbers",
            "(only 4 of them)",
            "table_11: expected rows 1 to 6, 12 numbers, 0 wordings, 1 paragraphs or tables, labels"
            " with the checksum",
        ],
    ),
    "an unknown code": (
        [("figure_24", "Drugs or alcohol,enticement_types.", "Drugs or alcohol,enticement.")],
        ["category_key = enticement.drugs_or_alcohol is not in dim_categories"],
    ),
    "an unreadable cell": (
        [("figure_24", "15.4", "15.4%")],
        ['row 2 (Offered enticements), column percent: "15.4%" is not a number as printed'],
    ),
}


@pytest.mark.parametrize("faults", FAULTS)
def test_faults_are_named_and_nothing_is_published(project: Path, faults: str) -> None:
    alterations, expected = FAULTS[faults]
    before = fingerprint(project / "build")
    original = {path: path.read_bytes() for path in (project / "seeds").rglob("*.csv")}
    try:
        for exhibit, old, new in alterations:
            alter(seed(project, exhibit), old, new)
        done = run_build(project, project / "build")
    finally:
        for path, content in original.items():
            path.write_bytes(content)
    assert done.returncode == 1
    assert "build failed:" in done.stderr
    assert "warehouse.duckdb is as it was" in done.stderr
    for text in expected:
        assert text in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert fingerprint(project / "build") == before


# Publishing: with a warehouse that is made already


@pytest.fixture(scope="module")
def editions(built: Built, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two builds of dbt that differ in warehouse, exports and manifest."""
    folder = tmp_path_factory.mktemp("editions")
    return [make_edition(built, folder / str(number), number) for number in (0, 1)]


def quick_build(
    edition: Path, output: Path, *options: str, **more: bool | int
) -> subprocess.CompletedProcess[str]:
    command = quick_command(edition, "build", "--output", output, *options, **more)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def editions_in(folder: Path) -> list[str]:
    """Which edition warehouse, exports, their checksums and the manifest are of."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        texts = [warehouse.execute(TITLE).fetchall()[0][0]]
    texts.append((folder / "exports" / "csv" / "dim_reports.csv").read_text(encoding="utf-8"))
    texts.append((folder / "manifest.json").read_text(encoding="utf-8"))
    sums = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    subprocess.run(sums, cwd=folder / "exports", check=True)
    return [number for text in texts for number in set(re.findall(r"Edition (\d)\.", text))]


def leftovers(output: Path) -> list[str]:
    work = output.parent / ".work" / output.name
    return sorted(path.name for path in work.iterdir() if path.name not in ("lock", "target"))


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "two renames"])
def test_killed_at_every_step_a_build_leaves_one_edition(
    editions: list[Path], tmp_path: Path, exchanges: bool
) -> None:
    first = tmp_path / "first" / "build"
    assert quick_build(editions[0], first).returncode == 0
    seen = []
    for kill_at in range(1, 20):
        output = shutil.copytree(first.parent, tmp_path / str(kill_at)) / "build"
        done = quick_build(editions[1], output, kill_at=kill_at, exchanges=exchanges)
        # Between two renames there is nothing to read; only that can be, and not a mixture.
        seen.append(editions_in(output) if output.exists() else ["none"])
        assert len(set(seen[-1])) == 1, (kill_at, seen)
        # The next run, though it fails, puts right what was left.
        assert quick_build(tmp_path / "nothing", output).returncode == 2
        assert set(editions_in(output)) == ({"0"} if seen[-1] == ["none"] else set(seen[-1]))
        assert leftovers(output) == []
        assert sorted(path.name for path in output.parent.iterdir()) == [".work", "build"]
        if done.returncode != KILLED:
            break
    assert done.returncode == 0, done.stderr
    states = [key for key, _ in groupby(seen)]
    assert states == [["0"] * 3, *([] if exchanges else [["none"]]), ["1"] * 3]
    # After the switch, while the old build is removed, and not at all.
    assert seen.count(["1"] * 3) >= 3


def test_readers_do_not_block_a_build_and_keep_what_they_opened(
    editions: list[Path], tmp_path: Path
) -> None:
    output = tmp_path / "build"
    quick_build(editions[0], output)
    with duckdb.connect(str(output / "warehouse.duckdb"), read_only=True) as reader:
        before = reader.execute(TITLE).fetchall()
        assert quick_build(editions[1], output).returncode == 0
        assert reader.execute(TITLE).fetchall() == before
    assert set(editions_in(output)) == {"1"}


def test_pages_of_the_build_before_do_not_stand_beside_a_new_one(
    editions: list[Path], tmp_path: Path
) -> None:
    output = tmp_path / "build"
    done = quick_build(editions[0], output, "--docs", "--site")
    assert done.returncode == 0, done.stderr
    assert (output / "site" / "dbt" / "index.html").is_file()
    assert "Edition 0." in (output / "site" / "dictionary.html").read_text(encoding="utf-8")
    done = quick_build(editions[1], output)
    assert not (output / "site").exists()
    assert not (output / "docs").exists()
    assert "site, which was of the build before: make site" in done.stdout
    # A part of a build is written under the lock of the build, and out of sight until it is whole.
    with FileLock(tmp_path / ".work" / "build" / "lock"), pytest.raises(BusyError):
        replaced_folder(output / "site", check_is_build).__enter__()
    with replaced_folder(output / "site", check_is_build):
        assert not (output / "site").exists()
    assert (output / "site").is_dir()
    assert leftovers(output) == []


def test_an_output_behind_a_link_is_replaced_where_it_is(
    editions: list[Path], tmp_path: Path
) -> None:
    real = tmp_path / "elsewhere" / "real"
    real.mkdir(parents=True)
    real.chmod(0o750)
    link = tmp_path / "build"
    link.symlink_to(real)
    assert quick_build(editions[0], link).returncode == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o750
    assert set(editions_in(link)) == {"0"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "elsewhere"]


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")


FOREIGN = ["notes.txt", "exports/csv/mine.csv", "superset/superset.db"]


@pytest.mark.parametrize("name", [*FOREIGN, "warehouse.duckdb"])
def test_files_that_are_not_of_a_build_are_not_replaced(
    editions: list[Path], tmp_path: Path, name: str
) -> None:
    output = tmp_path / "build"
    if name in FOREIGN:
        assert quick_build(editions[0], output).returncode == 0
        put(output / "work" / "build.lock")  # dbt's cache, as older builds kept it, is no hindrance
        put(output / "work" / "target" / "manifest.json")
        assert quick_build(editions[0], output).returncode == 0
        assert not (output / "work").exists()
    put(output / name)
    before = fingerprint(output)
    done = quick_build(editions[1], output)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"build: {output} holds files that are not of a build")
    assert name not in FOREIGN or f"such as {name}: move them" in line
    assert fingerprint(output) == before


def test_a_file_that_comes_during_a_build_is_not_lost(tmp_path: Path) -> None:
    output = tmp_path / "build"
    with (
        pytest.raises(UserError, match="not of a build"),
        replaced_folder(output, check_is_build),
    ):
        put(output / "notes.txt")
    assert (output / "notes.txt").read_text() == "mine"


def test_second_build_waits_or_gives_up_with_one_line(editions: list[Path], tmp_path: Path) -> None:
    work = tmp_path / ".work" / "build"
    work.mkdir(parents=True)
    with FileLock(work / "lock"):
        done = quick_build(editions[0], tmp_path / "build", "--wait", "0.1")
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert line.startswith(f"build: another run is still at work in {tmp_path / 'build'} after")
        command = quick_command(editions[0], "build", "--output", tmp_path / "build")
        waiting = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=4)
    assert waiting.wait(timeout=60) == 0


def test_an_interrupted_build_is_one_line(project: Path, tmp_path: Path) -> None:
    output = tmp_path / "build"
    shutil.copytree(project / "build", output)
    before = fingerprint(output)
    command = [sys.executable, "scripts/cli.py", "build", "--output", str(output)]
    process = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if " of " in line:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "build: interrupted; what is published is as it was" in said
    assert "Traceback" not in said
    assert fingerprint(output) == before
    assert leftovers(output) == []


def test_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for output, said in (
        (tmp_path / "file" / "build", "build: cannot write to "),
        (tmp_path / "file", f"build: {tmp_path / 'file'} is not a folder"),
        (Path("/proc/self/task/build"), "build: cannot write to "),
    ):
        done = run_build(PROJECT, output)
        assert done.returncode == 2
        assert done.stderr.startswith(said)
        assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--nonsense"],
        ["build", "--wait", "soon"],
        ["build", "--wait", "nan"],
        ["build", "extra"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_nonsense_is_one_line_and_status_2(arguments: list[str]) -> None:
    command = [sys.executable, "scripts/cli.py", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"{arguments[0]}: ")


# What a spreadsheet program does to a seed -> what is said about it.
FORMS = {
    "byte-order mark": (lambda b: b"\xef\xbb\xbf" + b, ", line 1: begins with a byte-order mark"),
    "Windows line ends": (lambda b: b.replace(b"\n", b"\r\n"), ", line 1: has Windows line ends"),
    "trailing space": (
        lambda b: b.replace(b"56.6", b"56.6 "),
        ', line 4, column percent: "56.6 " has spaces',
    ),
    "decimal comma": (
        lambda b: b.replace(b"56.6", b"56,6"),
        ", line 4: has 11 fields, expected 10",
    ),
    "a zero-width space": (
        lambda b: b.replace(b"56.6", b"56.6\xe2\x80\x8b"),
        ", line 4, column percent: ",
    ),
    "a letter for a digit": (
        lambda b: b.replace(b"A majority,1", b"A majority,l"),
        ', line 4, column paragraph: "l" is not a whole number',
    ),
    "latin-1": (lambda b: b.replace(b"Single", b"S\xefngle"), ", line 4: is not UTF-8"),
    "a column lost": (lambda b: b.replace(b",footnote", b"", 1), ", line 1: the columns are "),
    "no last line end": (lambda b: b.rstrip(b"\n"), ": the last line has no line end"),
    "an open quote": (
        lambda b: b.replace(b"Single", b'"Single'),
        ", line 5: is not well-formed CSV",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_form_of_a_seed_file_is_checked(tmp_path: Path, form: str) -> None:
    copy = copy_project(tmp_path)
    assert check_seed_files(copy) == []
    change, expected = FORMS[form]
    path = seed(copy, "figure_10")
    path.write_bytes(change(path.read_bytes()))
    [fault] = check_seed_files(copy)
    assert expected in fault
    assert fault.startswith(f"seeds/{REPORT}/raw_{REPORT}__figure_10.csv")


def test_undescribed_seed_is_named(tmp_path: Path) -> None:
    copy = copy_project(tmp_path)
    (copy / "seeds" / "stray.csv").write_text("a\n1\n")
    assert check_seed_files(copy) == [
        "seeds/stray.csv: is neither a sheet of a report nor described in a .yml file beside it"
    ]


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make with the environment of these tests taken as set up."""
    binaries = Path(sys.executable).parent
    return subprocess.run(
        ["make", "--silent", f"BIN={binaries}", "-o", ".venv/build.ready", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_sql_prints_a_result(built: Built) -> None:
    query = 'select sum(offender_count) as "it\'s $PATH" from marts.fct_victim_count_buckets'
    done = make("sql", f"WAREHOUSE={built.warehouse}", f"QUERY={query}")
    assert done.returncode == 0, done.stderr
    assert "512" in done.stdout
    assert "it's $PATH" in done.stdout


@pytest.mark.parametrize(
    "query",
    [
        "create table marts.mine (a integer)",
        "delete from marts.dim_rules",
        "copy marts.dim_rules to '{folder}/rules.csv'",
        "select * from read_text('{folder}/secret.txt')",
        "from '{folder}/secret.csv'",
        "attach '{folder}/other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
        ".shell touch {folder}/touched",
        ".output {folder}/output.txt",
        ".read {folder}/secret.sql",
    ],
)
def test_sql_cannot_write_or_reach_files(built: Built, tmp_path: Path, query: str) -> None:
    for name in ("secret.txt", "secret.csv", "secret.sql"):
        (tmp_path / name).write_text("select 'secret'\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    digest = hashlib.sha256(built.warehouse.read_bytes()).hexdigest()
    done = make("sql", f"WAREHOUSE={built.warehouse}", f"QUERY={query.format(folder=tmp_path)}")
    assert "secret\n" not in done.stdout
    assert done.returncode != 0 or done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert hashlib.sha256(built.warehouse.read_bytes()).hexdigest() == digest


def test_sql_without_a_warehouse_is_one_line() -> None:
    done = make("sql", "WAREHOUSE=nowhere.duckdb")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "sql: there is no nowhere.duckdb: run make build first"

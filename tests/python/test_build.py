"""The build publishes whole or not at all, and says in plain words what is wrong."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, Built, alter, copy_project, run_build
from warehouse.seed_files import check_seed_files

REPORT = "ussc_production_2021"
COUNT = f"select count(*) from marts.fct_observations where report_id = '{REPORT}'"


def seed(project: Path, exhibit: str) -> Path:
    return project / "seeds" / REPORT / f"raw_{REPORT}__{exhibit}.csv"


def fingerprint(folder: Path) -> dict[str, str]:
    files = [folder / "warehouse.duckdb", *(p for p in (folder / "exports").rglob("*"))]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
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
    one, other = fingerprint(built.warehouse.parent), fingerprint(project / "build")
    del one["warehouse.duckdb"], other["warehouse.duckdb"]
    assert one == other
    assert len(one) > 80


# Alteration -> what the build says.
FAULTS = {
    "a digit": (
        ("figure_10", "56.6,290", "56.6,291"),
        [
            f"{REPORT}.figure_10, Number of Victims, paragraph 1, Single victim, percent:"
            " printed is 56.6, expected 56.8359",
            "291 of 512",
        ],
    ),
    "a number printed elsewhere too": (
        ("table_11", "3,Coercion,2019,103,291", "3,Coercion,2019,103,292"),
        ["Used coercive tactics, printed_value: printed is 291, expected 291.5000 to 292.5000"],
    ),
    "a row lost": (
        ("figure_23", "4,Both age and gender,2019,4.9,,Misrepresentation,1,\n", ""),
        ['figure_23: the row label "Both age and gender" is in exhibit_labels'],
    ),
    "a value lost": (
        ("figure_23", "Age,2019,7.2", "Age,2019,"),
        ['figure_23: the row label "Age" is in exhibit_labels but not in the exhibit'],
    ),
    "an unreadable cell": (
        ("figure_24", "15.4", "15.4%"),
        ["row 2 (Offered enticements), column percent:", '"15.4%" is not a number as printed'],
    ),
    "decimals lost in a spreadsheet": (
        ("figure_10", "41.0,210", "41,210"),
        ["figure_10, column percent, offender_percent: expected one number of decimals, printed"],
    ),
    "another fiscal year": (
        ("table_11", "3,Coercion,2019", "3,Coercion,2018"),
        ["table_11: expected rows 1 to 6", "fiscal years 2018|2019"],
    ),
    "a label": (
        ("table_11", "5,Enticement", "5,Enticements"),
        ["table_11, row 5 (Enticements), column n: expected the labels in exhibit_labels"],
    ),
    "a discrepancy mended in the seed": (
        ("figure_23", "Gender,2019,2.2", "Gender,2019,2.1"),
        ["known_discrepancies, misrepresentation_of_gender_percentage: expected a number that is"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_named_and_nothing_is_published(project: Path, fault: str) -> None:
    (exhibit, old, new), expected = FAULTS[fault]
    before = fingerprint(project / "build")
    path = seed(project, exhibit)
    original = path.read_bytes()
    alter(path, old, new)
    try:
        done = run_build(project, project / "build")
    finally:
        path.write_bytes(original)
    assert done.returncode == 1
    assert "build failed:" in done.stderr
    assert "warehouse.duckdb is as it was" in done.stderr
    for text in expected:
        assert text in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert fingerprint(project / "build") == before


def test_export_works_alone_after_a_build(project: Path) -> None:
    command = [sys.executable, "scripts/export_marts.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wrong = subprocess.run(
        [*command, "--warehouse", "nowhere.duckdb"], cwd=project, capture_output=True, text=True
    )
    assert wrong.returncode == 2
    assert "there is no warehouse file nowhere.duckdb" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1


def test_readers_do_not_block_a_build(project: Path) -> None:
    warehouse = project / "build" / "warehouse.duckdb"
    reader = duckdb.connect(str(warehouse), read_only=True)
    count = COUNT
    before = reader.execute(count).fetchone()
    done = run_build(project, project / "build")
    assert done.returncode == 0, done.stderr
    assert reader.execute(count).fetchone() == before
    reader.close()


def test_second_build_waits_or_gives_up_with_one_line(project: Path) -> None:
    command = [sys.executable, "scripts/cli.py", "build", "--output", "build"]
    first = subprocess.Popen(
        command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        time.sleep(2)
        second = run_build(project, project / "build", "--wait", "0")
        assert second.returncode == 2
        assert len(second.stderr.splitlines()) == 1
        assert second.stderr.startswith("build: another build is still writing")
        third = run_build(project, project / "build")
        assert third.returncode == 0, third.stderr
        assert first.wait(timeout=120) == 0
    finally:
        first.kill()


def test_killed_build_leaves_the_last_one_and_the_next_one_works(project: Path) -> None:
    folder, titles = project / "build", project / "seeds" / "reference" / "reports.csv"
    before = fingerprint(folder)
    original = titles.read_bytes()
    alter(titles, "Production Offenses", "Offenses of Production")
    for seconds in (1, 3, 5, 7, 8, 9):
        command = [sys.executable, "scripts/cli.py", "build", "--output", "build"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=project, **quiet)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        sums = (folder / "exports" / "SHA256SUMS").read_text(encoding="utf-8")
        check = subprocess.run(
            ["sha256sum", "--check", "--quiet"],
            input=sums,
            text=True,
            cwd=folder / "exports",
            check=False,
        )
        assert check.returncode == 0
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as reader:
            [(count,)] = reader.execute(COUNT).fetchall()
            assert count == 78
    done = run_build(project, folder)
    assert done.returncode == 0, done.stderr
    assert (
        fingerprint(folder)["exports/csv/dim_reports.csv"] != before["exports/csv/dim_reports.csv"]
    )
    leftovers = [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]
    assert leftovers == []
    titles.write_bytes(original)


@pytest.mark.parametrize(
    "options", [["--nonsense"], ["--wait", "soon"], ["extra"]], ids=lambda options: options[0]
)
def test_nonsense_options_end_with_status_2(options: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/cli.py", "build", *options],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_build(PROJECT, tmp_path / "file" / "build")
    assert done.returncode == 2
    assert done.stderr.startswith("build: cannot write to ")
    assert len(done.stderr.splitlines()) == 1


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
        lambda b: b.replace(b"Single victim,2019", b"Single victim,20l9"),
        ', line 4, column fiscal_year: "20l9" is not a whole number',
    ),
    "latin-1": (lambda b: b.replace(b"Single", b"S\xefngle"), ", line 4: is not UTF-8"),
    "a column lost": (lambda b: b.replace(b",footnote", b"", 1), ", line 1: the columns are "),
    "no last line end": (lambda b: b.rstrip(b"\n"), ": the last line has no line end"),
    "an open quote": (lambda b: b.replace(b"Single", b'"Single'), ": is not well-formed CSV"),
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
        "seeds/stray.csv: is not described in a .yml file beside it: run make scaffold"
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

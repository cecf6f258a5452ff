"""The build says in plain words what there is and what is wrong."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from conftest import (
    CLI,
    Built,
    alter,
    copy_folder,
    copy_project,
    fingerprint,
    run,
    run_build,
)
from warehouse.seed_files import check_seed_files

REPORT = "ussc_production_2021"


@pytest.fixture(scope="module")
def project(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with what is built in its folder `build`."""
    copy = copy_project(tmp_path_factory.mktemp("faults"))
    copy_folder(built.warehouse.parent, copy / "build")
    return copy


def test_summary_says_what_there_is(built: Built) -> None:
    for line in (
        "fct_sentence_by_inducement 5 ",
        "3 declared discrepancies",
        "78.0 is printed; consistent would be 77.9 (399 of 512) or 78.1 (400 of 512)",
        "make sql QUERY=",
    ):
        assert line in " ".join(built.printed.split())


# Seed, what stands there, what is keyed instead; then what one build says about all of them.
FAULTS = {
    "in how it is keyed": (
        [
            ("figure_10", "41.0,210", "41,210"),
            ("table_11", "5,Enticement,", "5,Enticements,"),
            ("figure_22", "coercion_methods.violence,3.5", "coercion_methods.violence,"),
            (
                "figure_23",
                "5,Another aspect of identity,misrepresentation_types.other,5.1,,1,\n",
                "",
            ),
            ("key_findings", "fiscal year 2005,2005", "fiscal year 2005,2004"),
        ],
        [
            "figure_10, column percent, offender_percent: expected one number of decimals, printed",
            "table_11: expected 0 wordings and labels with the checksum",
            "figure_22, row 6: is in second_keying.csv and has no number in the sheet",
            "figure_23, row 5: is in second_keying.csv and has no number in the sheet",
            "key_findings, row 3 (Production offenders sentenced in fiscal year 2005):"
            " fiscal_year is 2004, keyed again as 2005",
        ],
    ),
    "in what it says": (
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
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_are_named_and_nothing_is_published(
    project: Path, tmp_path: Path, kind: str
) -> None:
    altered = copy_folder(project, tmp_path / "project")
    before = fingerprint(altered / "build")
    faults, expected = FAULTS[kind]
    for exhibit, old, new in faults:
        alter(altered / "seeds" / REPORT / f"raw_{REPORT}__{exhibit}.csv", old, new)
    done = run_build(altered, altered / "build")
    assert done.returncode == 1
    for text in ("build failed:", "warehouse.duckdb is as it was", *expected):
        assert text in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert fingerprint(altered / "build") == before


def test_a_rule_that_is_not_listed_is_named(project: Path, tmp_path: Path) -> None:
    altered = copy_folder(project, tmp_path / "project")
    rule = altered / "models" / "intermediate" / "relations" / "int_relations__mine.sql"
    rule.write_text("select 1 as one")
    done = run_build(altered, altered / "build")
    assert done.returncode == 1
    assert "int_relations__mine is not among the rules of int_relation_terms" in done.stderr


def test_export_works_alone_after_a_build(project: Path) -> None:
    before = fingerprint(project / "build")
    done = run(sys.executable, "scripts/export_marts.py", cwd=project)
    assert done.returncode == 0, done.stderr
    assert fingerprint(project / "build") == before


# Bad input

FILE = str(Path(__file__))
REFUSED = [
    (["build", "--output", f"{FILE}/build"], f"build: cannot write to {FILE}/build: "),
    (["build", "--output", FILE], f"build: {FILE} is not a folder"),
    (["build", "--output", "/proc/self/task/build"], "build: cannot write to "),
    (["build", "--nonsense"], "build: No such option '--nonsense'"),
    (["build", "--wait", "nan"], "build: --wait is nan: it must be a number of seconds"),
    (["postgres", "--wait", "nan"], "postgres: --wait is nan: it must be a number of seconds"),
    (["nonsense"], "nonsense: No such command 'nonsense'"),
    (["release", "--keep", "0"], "release: --keep is 0: at least the new release is kept"),
    (["release", "--keep", "x"], "release: Invalid value for '--keep': 'x' is not a valid integer"),
    (["release", "--wait", "-1"], "release: --wait is -1: it must be a number of seconds"),
    (["release", "--results", "no/r.json"], "release: --results is no/r.json: there is no such"),
    (["release", "--force", "--rollback"], "release: --rollback is not allowed with --force"),
    (["release", "now"], "release: Got unexpected extra argument (now)"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_done_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    done = run(sys.executable, CLI, *arguments)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--output", "closed/in/build"],
        ["release", "--list", "--releases", "closed/in"],
        ["release", "--results", "closed/in/results.json"],
        ["serve", "--site", "closed/in"],
        ["sql", "closed/in/warehouse.duckdb"],
    ],
)
def test_a_folder_that_cannot_be_searched_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "closed" / "in").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    # The rights of an administrator would open it.
    rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    as_user = rights if os.geteuid() == 0 else []
    done = run(*as_user, sys.executable, CLI, *arguments, cwd=tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert re.fullmatch(rf"{arguments[0]}: cannot (use|write to) .*: Permission denied", line)


# What a spreadsheet program does to a seed, and what is said about it.
FORMS = [
    (b"row_number", b"\xef\xbb\xbfrow_number", ", line 1: begins with a byte-order mark"),
    (b"\n", b"\r\n", ", line 1: has Windows line ends"),
    (b"56.6", b"56.6 ", ', line 4, column percent: "56.6 " has spaces'),
    (b"56.6", b"56,6", ", line 4: has 11 fields, expected 10"),
    (b"56.6", b"56.6\xe2\x80\x8b", ", line 4, column percent: "),
    (b"A majority,1", b"A majority,l", ', line 4, column paragraph: "l" is not a whole number'),
    (b"Single", b"S\xefngle", ", line 4: is not UTF-8"),
    (b",footnote", b"", ", line 1: the columns are "),
    (b"minority,1,\n", b"minority,1,", ": the last line has no line end"),
    (b"Single", b'"Single', ", line 4: is not well-formed CSV"),
]


@pytest.mark.parametrize(("old", "new", "said"), FORMS)
def test_form_of_a_seed_file_is_checked(project: Path, old: bytes, new: bytes, said: str) -> None:
    path = project / "seeds" / REPORT / f"raw_{REPORT}__figure_10.csv"
    content = path.read_bytes()
    assert check_seed_files(project) == []
    path.write_bytes(content.replace(old, new))
    [fault] = check_seed_files(project)
    path.write_bytes(content)
    assert fault.startswith(f"seeds/{REPORT}/{path.name}{said}")


def test_undescribed_seed_is_named(project: Path) -> None:
    stray = project / "seeds" / "stray.csv"
    stray.write_text("a\n1\n")
    [fault] = check_seed_files(project)
    stray.unlink()
    assert fault.startswith("seeds/stray.csv: is neither a sheet of a report nor described in ")

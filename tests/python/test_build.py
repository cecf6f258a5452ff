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
    Refused,
    alter,
    cells,
    copy_folder,
    copy_project,
    fingerprint,
    run,
    run_build,
)

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


# Seed, what stands there, what is keyed instead, what one build says about it and the others.
FAULTS = {
    "in how it is keyed": r"""
figure_10 | 41.0,210 | 41,210
| figure_10, column percent, offender_percent: expected one number of decimals, printed
table_11 | 5,Enticement, | 5,Enticements,
| table_11: expected 0 wordings and labels with the checksum
figure_22 | coercion_methods.violence,3.5 | coercion_methods.violence,
| figure_22, row 6: is in second_keying.csv and has no number in the sheet
figure_23 | 5,Another aspect of identity,misrepresentation_types.other,5.1,,1,\n |
| figure_23, row 5: is in second_keying.csv and has no number in the sheet
key_findings | fiscal year 2005,2005 | fiscal year 2005,2004
| key_findings, row 3 (Production offenders sentenced in fiscal year 2005): fiscal_year
| : fiscal_year is 2004, keyed again as 2005
""",
    "in what it says": r"""
figure_10 | 56.6,290 | 56.6,291
| figure_10, Number of Victims, paragraph 1, Single victim, percent: printed is 56.6, expected
| percent: printed is 56.6, expected 56.8359 | (100 x 291 (
table_11 | inducements.coercion,103,291 | inducements.coercion,103,292
| Used coercive tactics, printed_value: printed is 291, expected 292.0000
figure_23 | types.gender,2.2 | types.gender,2.1
| known_discrepancies, misrepresentation_of_gender_percentage: expected a number that
""",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_are_named_and_nothing_is_published(
    project: Path, tmp_path: Path, kind: str
) -> None:
    altered = copy_folder(project, tmp_path / "project")
    before = fingerprint(altered / "build")
    expected = ["build failed:", "warehouse.duckdb is as it was"]
    for exhibit, old, new, *said in cells(FAULTS[kind]):
        alter(altered / "seeds" / REPORT / f"raw_{REPORT}__{exhibit}.csv", old, new)
        expected += said
    done = run_build(altered, altered / "build")
    assert done.returncode == 1
    for text in expected:
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
    (["build", "--output", f"{FILE}/build"], f"cannot write to {FILE}/build: "),
    (["build", "--output", FILE], f"{FILE} is not a folder"),
    (["build", "--output", "/proc/self/task/build"], "cannot write to "),
    (["build", "--nonsense"], "No such option '--nonsense'"),
    (["build", "--wait", "nan"], "--wait is nan: it must be a number of seconds"),
    (["postgres", "--wait", "nan"], "--wait is nan: it must be a number of seconds"),
    (["nonsense"], "No such command 'nonsense'"),
    (["release", "--keep", "0"], "--keep is 0: at least the new release is kept"),
    (["release", "--keep", "x"], "Invalid value for '--keep': 'x' is not a valid integer"),
    (["release", "--wait", "-1"], "--wait is -1: it must be a number of seconds"),
    (["release", "--results", "no/r.json"], "--results is no/r.json: there is no such"),
    (["release", "--force", "--rollback"], "--rollback is not allowed with --force"),
    (["release", "now"], "Got unexpected extra argument (now)"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_done_is_one_line_and_status_2(
    refused: Refused, arguments: list[str], said: str
) -> None:
    assert refused(*arguments).startswith(said)


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

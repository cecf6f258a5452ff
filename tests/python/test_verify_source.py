"""The source verification: the sheets against the document, both ways, on a made-up report."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from conftest import PROJECT, alter
from test_second_report import FIXTURE, REPORT, add_seeds

Verify = Callable[..., tuple[int, str]]
SHARED = PROJECT.parent / "shared" / "source" / "ussc_production_2021_excerpt.txt"
SOURCE = "source.txt"
EXHIBITS = "seeds/reference/exhibits.csv"
FIGURE = f"seeds/{REPORT}/raw_{REPORT}__figure_1.csv"
TABLE = f"seeds/{REPORT}/raw_{REPORT}__table_1.csv"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The seeds of a project with the second report, and its document."""
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    add_seeds(tmp_path)
    shutil.copy(FIXTURE / SOURCE, tmp_path)
    return tmp_path


@pytest.fixture
def verify(project: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Give a function that runs the command: exit status and what it prints."""

    def run(source: Path = project / SOURCE) -> tuple[int, str]:
        status = cli.main(["verify-source", str(source), "--project", str(project)])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def test_all_is_accounted_for(verify: Verify) -> None:
    status, printed = verify()
    assert status == 0, printed
    assert "12 numbers and 1 wordings, 0 faults" in printed
    assert "0 by none" in printed


# An alteration of a sheet or of the document -> what is said about it.
FAULTS = {
    "a digit": (FIGURE, "12.50", "12.60", 'row 2 (Vehicle), column percent: "12.60" does not'),
    "two values exchanged": (
        FIGURE,
        "12.50,,1,\n3,Other means,example_means_used.other,3.30",
        "3.30,,1,\n3,Other means,example_means_used.other,12.50",
        '"12.50" does not stand there in this order',
    ),
    "a value lost": (FIGURE, "vehicle,12.50", "vehicle,", 'no cell holds "12.50"'),
    "a wording lost": (FIGURE, "almost one-third", "", 'no cell holds "almost"'),
    "another wording": (FIGURE, "almost one-third", "almost one-half", "does not stand there"),
    "another paragraph": (FIGURE, "62.50,,2", "62.50,,1", '"62.50" does not stand there'),
    "no such paragraph": (FIGURE, "62.50,,2", "62.50,,7", "has no Means Used, 7"),
    "another heading": (EXHIBITS, "all,Means Used", "all,Means", "has no Means, 1"),
    "another year": (
        EXHIBITS,
        "example_offenders,2023,all,Means",
        "example_offenders,2022,all,Means",
        "no fiscal year 2022 is printed",
    ),
    "another mark": (FIGURE, "62.50,,2,1", "62.50,,2,2", "there is no footnote mark 2"),
    "a mark lost": (FIGURE, "62.50,,2,1", "62.50,,2,", "ends with the mark 1"),
    "another label": (TABLE, "Under 30", "Below 30", 'the printed label is "Under 30"'),
    "a column shifted by a row": (TABLE, "40.0,90", "60.0,90", '"60.0" does not stand there'),
    "a number that is not in the document": (
        TABLE,
        '"1,200",,100',
        '"1,200",99.9,100',
        '"99.9" does not stand there',
    ),
    "a number added to the document": (SOURCE, "a weapon", "a weapon, 7 twice", 'holds "7"'),
    "a number in words added": (SOURCE, "a weapon", "two weapons", 'no cell holds "two"'),
    "an exclusion without its number": (
        SOURCE,
        "Fewer used a",
        "A few used a",
        "source_exclusions.csv, Fewer used a: excludes 0 tokens, expected 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(project: Path, verify: Verify, fault: str) -> None:
    file, old, new, expected = FAULTS[fault]
    alter(project / file, old, new)
    if file == SOURCE:
        before, after = (
            hashlib.sha256((folder / SOURCE).read_bytes()).hexdigest()
            for folder in (FIXTURE, project)
        )
        alter(project / "seeds" / "reference" / "reports.csv", before, after)
    status, printed = verify()
    assert status == 1
    assert expected in printed, printed


def test_what_cannot_be_verified_is_refused(
    project: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify-source"]) == 2
    assert capsys.readouterr() == (
        "", "verify-source: nothing is verified without the document: give SOURCE=<file>\n",
    )  # fmt: skip
    nowhere = project / "nowhere.txt"
    refused = f"verify-source: cannot read the document {nowhere}: No such file or directory\n"
    assert verify(nowhere) == (2, refused)
    alter(project / SOURCE, "a weapon", "weapons")
    status, printed = verify()
    assert (status, printed.count("\n")) == (2, 1)
    assert printed.startswith("verify-source: no report was keyed from")
    alter(project / FIGURE, "Weapon,", "Weapon ,")
    status, printed = verify()
    assert (status, printed.count("\n")) == (2, 1)
    assert "line 2, column row_label" in printed


def test_the_first_report_is_verified(capsys: pytest.CaptureFixture[str]) -> None:
    if not SHARED.exists():
        pytest.skip("the source document is not here: place it in ../shared/source/")
    assert cli.main(["verify-source", str(SHARED)]) == 0
    printed = capsys.readouterr().out
    assert "60 numbers and 24 wordings, 0 faults" in printed
    assert "129 numeric tokens, 89 held by numbers and wordings, 34 held by labels" in printed
    assert "6 held by exclusions, 0 by none" in printed

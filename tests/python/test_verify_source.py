"""The source verification: the seeds against the document, both ways, on a made-up report."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PROJECT, copy_project
from test_second_report import FIXTURE, REPORT, add_report
from verification.source import main

SHARED = PROJECT.parent / "shared" / "source"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the second report, which comes with its document."""
    copy = copy_project(tmp_path_factory.mktemp("verify"))
    add_report(copy)
    return copy


def verify(project: Path, source: Path) -> tuple[int, str]:
    command = [sys.executable, "scripts/cli.py", "verify-source", str(source)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_all_is_accounted_for(project: Path) -> None:
    status, printed = verify(project, FIXTURE / "source.txt")
    assert status == 0, printed
    assert "12 numbers and 1 wordings, 0 faults" in printed
    assert "0 by none" in printed


# An alteration of the seeds -> what is said about it.
FAULTS: dict[str, tuple[str, str, str, str]] = {
    "a digit": ("figure_1", "12.50", "12.60", 'row 2 (Vehicle), column percent: "12.60" does not'),
    "two values exchanged": (
        "figure_1",
        "2,Vehicle,2023,12.50,,Means Used,1,\n3,Other means,2023,3.30",
        "2,Vehicle,2023,3.30,,Means Used,1,\n3,Other means,2023,12.50",
        '"12.50" does not stand there in this order',
    ),
    "a value lost": ("figure_1", "Vehicle,2023,12.50", "Vehicle,2023,", 'no cell holds "12.50"'),
    "a wording lost": ("figure_1", "almost one-third", "", 'no cell holds "almost"'),
    "another wording": ("figure_1", "almost one-third", "almost one-half", "does not stand there"),
    "another paragraph": ("figure_1", "62.50,,Means Used,2", "62.50,,Means Used,1", '"62.50" does'),
    "no such paragraph": ("figure_1", "62.50,,Means Used,2", "62.50,,Means Used,7", "has no Means"),
    "another year": ("figure_1", "Weapon,2023", "Weapon,2022", "no fiscal year 2022 is printed"),
    "another mark": ("figure_1", "Means Used,2,1", "Means Used,2,2", "there is no footnote mark 2"),
    "a mark lost": ("figure_1", "Means Used,2,1", "Means Used,2,", "ends with the mark 1"),
    "another label": ("table_1", "Under 30", "Below 30", 'the printed label is "Under 30"'),
    "a column shifted by a row": ("table_1", "40.0,90", "60.0,90", '"60.0" does not stand there'),
    "a number that is not in the document": (
        "table_1",
        '"1,200",,100',
        '"1,200",99.9,100',
        '"99.9" does not stand there',
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(project: Path, fault: str) -> None:
    exhibit, old, new, expected = FAULTS[fault]
    path = project / "seeds" / REPORT / f"raw_{REPORT}__{exhibit}.csv"
    original = path.read_text(encoding="utf-8")
    assert original.count(old) == 1
    path.write_text(original.replace(old, new), encoding="utf-8")
    try:
        status, printed = verify(project, FIXTURE / "source.txt")
    finally:
        path.write_text(original, encoding="utf-8")
    assert status == 1
    assert expected in printed, printed


CHANGES: dict[str, tuple[Callable[[str], str], str]] = {
    "a number added": (lambda text: text.replace("a weapon", "a weapon, 7 twice"), 'holds "7"'),
    "a number in words added": (
        lambda text: text.replace("a weapon", "two weapons"),
        'no cell holds "two"',
    ),
    "an exclusion without its number": (
        lambda text: text.replace("Fewer used a", "A few used a"),
        "source_exclusions.csv, Fewer used a: excludes 0 tokens, expected 1",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_token_of_the_document_needs_a_cell(project: Path, tmp_path: Path, change: str) -> None:
    alter, expected = CHANGES[change]
    text = alter((FIXTURE / "source.txt").read_text(encoding="utf-8"))
    source = tmp_path / "source.txt"
    source.write_text(text, encoding="utf-8")
    reports = project / "seeds" / "reference" / "reports.csv"
    original = reports.read_text(encoding="utf-8")
    old = hashlib.sha256((FIXTURE / "source.txt").read_bytes()).hexdigest()
    new = hashlib.sha256(source.read_bytes()).hexdigest()
    reports.write_text(original.replace(old, new), encoding="utf-8")
    try:
        status, printed = verify(project, source)
    finally:
        reports.write_text(original, encoding="utf-8")
    assert status == 1
    assert expected in printed, printed


def test_another_document_is_refused(project: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text("512 offenders")
    status, printed = verify(project, source)
    assert status == 2
    assert printed.startswith("verify_source: no report was keyed from")


def test_without_a_document_nothing_is_claimed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["nowhere.txt"]) == 2
    assert capsys.readouterr().out == ""


def test_the_first_report_is_verified(capsys: pytest.CaptureFixture[str]) -> None:
    documents = sorted(SHARED.glob("*.txt"))
    if not documents:
        pytest.skip("the source document is not here: place it in ../shared/source/")
    assert main([str(documents[0])]) == 0
    printed = capsys.readouterr().out
    assert "60 numbers and 24 wordings, 0 faults" in printed
    assert "0 by none" in printed

"""The mutation harness: which errors it makes, and that a real build agrees with it."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from conftest import PROJECT, Built, copy_project, run_build
from verification import mutate
from verification.engine import Build
from verification.mutants import CELLS, KINDS, Mutant, digit_errors, write_sheet
from verification.mutate import Trial
from warehouse.sheets import CODES

TABLE = "ussc_production_2021.table_11"


@pytest.fixture(scope="module")
def trial(built: Built) -> Trial:
    return Trial(Build(PROJECT, built.manifest, built.run_results), None)


def test_every_error_of_a_number_is_made() -> None:
    errors = list(digit_errors("290"))
    assert {after for _, after in errors} == {
        "291", "280", "190", "390", "920", "209", "29.0",
    }  # fmt: skip
    assert {after for _, after in digit_errors("56.6")} >= {"56.5", "5.66", "566", "65.6"}
    assert list(digit_errors("two")) == [("last digit", "one"), ("last digit", "three")]
    assert list(digit_errors("life")) == []


def test_every_kind_of_error_is_made_in_every_sheet(trial: Trial) -> None:
    mutants = trial.mutants()
    assert len(set(mutants)) == len(mutants) > 3000
    assert {mutant.kind for mutant in mutants} == set(KINDS)
    for exhibit_id, exhibit in trial.exhibits.items():
        altered = {(m.row, m.column) for m in mutants if m.exhibit_id == exhibit_id}
        for index, row in enumerate(exhibit.sheet.rows):
            for column in exhibit.sheet.columns:
                assert not row[column] or (index, column) in altered or column in (
                    "compared_exhibit", "compared_column",
                )  # fmt: skip


def test_a_mutant_is_undone_and_does_not_disturb_others(trial: Trial) -> None:
    wrong = Mutant(TABLE, "last digit", "number", 2, "n", "103", "104")
    same = Mutant(TABLE, "last digit", "number", 2, "n", "103", "103")
    for _ in range(2):
        outcomes = trial.run([same, wrong, same])
        assert [bool(outcome.test) for outcome in outcomes] == [False, True, False]


def test_a_table_that_cannot_be_made_stops_only_its_own_mutant(trial: Trial) -> None:
    codes = [Mutant(TABLE, "last digit", "number", 0, "n", "512", "23"), *trial.mutants()[:3]]
    together = [outcome.test for outcome in trial.run(codes)]
    alone = [outcome.test for mutant in codes for outcome in trial.run([mutant])]
    assert list(map(bool, together)) == list(map(bool, alone))
    assert together[0]


@pytest.mark.slow
def test_mutants_together_are_caught_as_each_alone(trial: Trial) -> None:
    """A random sample, the same in each run, of which a half survives."""
    mutants = trial.mutants()
    random.Random(2019).shuffle(mutants)
    outcomes = list(trial.run(mutants[:400]))
    sample = [outcome for outcome in outcomes if not outcome.test][:10]
    sample += [outcome for outcome in outcomes if outcome.test][:10]
    for outcome in sample:
        [alone] = trial.run([outcome.mutant])
        assert bool(alone.test) == bool(outcome.test), (outcome, alone)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6))
def test_verdict_is_that_of_a_real_build(trial: Trial, tmp_path: Path, number: int) -> None:
    """A random sample, the same in each run: one in three of the mutants that survive."""
    mutants = trial.mutants()
    random.Random(2019 + number).shuffle(mutants)
    survives = number % 3 == 0
    outcomes = trial.run([m for m in mutants if m.cell == "number" or not survives][:200])
    outcome = next(outcome for outcome in outcomes if survives == (outcome.test == ""))
    project = copy_project(tmp_path)
    sheet = trial.altered(outcome.mutant)
    write_sheet(sheet, project / "seeds" / sheet.report_id / sheet.path.name)
    done = run_build(project, project / "build")
    assert done.returncode == (0 if survives else 1), (outcome, done.stderr)


def test_what_survives_is_listed_and_explained() -> None:
    text = (PROJECT / mutate.REPORT).read_text(encoding="utf-8")
    assert mutate.unexplained(text) == []
    _, _, survivors = text.partition("why nothing contradicts it")
    for line in survivors.splitlines()[2:]:
        column = line.split(" | ")[2]
        assert ("*" in line) == (column in CODES), line
    with (PROJECT / mutate.REASONS).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert row["reason"] in text, row


def test_readme_gives_the_measured_figures() -> None:
    page = (PROJECT / mutate.REPORT).read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    by_cell = {row[0]: row[1:] for row in reversed(rows) if len(row) == 4}
    readme = " ".join((PROJECT / "README.md").read_text(encoding="utf-8").split())
    mutants, tests, _ = by_cell["all"]
    share = tests.partition("(")[2].partition(" %")[0]
    assert f"Of {int(mutants):,} possible keying errors {share} percent fail" in readme
    numbers = by_cell["printed numbers"][1].partition("(")[2].partition(" %")[0]
    assert f"of those in the printed numbers {numbers}" in readme
    codes, _, found = by_cell["codes"]
    assert f"all but {int(codes) - int(found.split()[0])} wrong codes" in readme
    for cell in CELLS.keys() - {"code"}:
        total, _, both = by_cell[CELLS[cell]]
        assert both == f"{total} (100.0 %)", cell

"""The mutation harness: which errors it makes, and that a real build agrees with it."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from conftest import PROJECT, Built, copy_project, run_build
from verification import mutate
from verification.mutate import Mutant, Trial, Work
from verification.source import read_rows
from warehouse.scaffold import read_exhibits


@pytest.fixture(scope="module")
def trial(built: Built) -> Trial:
    return Trial(Work(PROJECT, built.manifest, built.run_results, None))


def test_every_error_of_a_number_is_made() -> None:
    errors = list(mutate._digit_errors("290"))
    assert {after for _, after in errors} == {
        "291", "280", "190", "390", "920", "209", "29.0",
    }  # fmt: skip
    assert {after for _, after in mutate._digit_errors("56.6")} >= {"56.5", "5.66", "566", "65.6"}
    assert list(mutate._digit_errors("two")) == [("last digit", "one"), ("last digit", "three")]
    assert list(mutate._digit_errors("life")) == []


def test_every_kind_of_error_is_made_in_every_seed(trial: Trial) -> None:
    mutants = trial.mutants()
    assert len(set(mutants)) == len(mutants) > 2000
    assert {mutant.kind for mutant in mutants} == set(mutate.KINDS)
    seeds = {exhibit.seed for exhibit in read_exhibits(PROJECT)}
    assert {mutant.seed for mutant in mutants} == seeds | {"exhibit_labels"}
    # Every cell that holds a number is altered.
    for exhibit in read_exhibits(PROJECT):
        rows = read_rows(PROJECT, [exhibit])[exhibit.seed]
        altered = {(m.row, m.column) for m in mutants if m.seed == exhibit.seed}
        for index, row in enumerate(rows):
            for column in exhibit.values:
                assert not row[column] or (index, column) in altered


def test_a_mutant_is_undone(trial: Trial) -> None:
    seed = "raw_ussc_production_2021__table_11"
    mutant = Mutant(seed, "last digit", "number", 2, "n", "103", "104")
    caught = trial.engine.kill(mutant, trial.rows[seed])
    assert caught
    same = Mutant(seed, "last digit", "number", 2, "n", "103", "103")
    assert trial.engine.kill(same, trial.rows[seed]) == ""


def test_what_survives_is_listed_and_explained() -> None:
    text = (PROJECT / mutate.REPORT).read_text(encoding="utf-8")
    assert mutate.unexplained(text) == []
    assert "*" not in text.split("why nothing contradicts it")[1]
    with (PROJECT / mutate.REASONS).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert row["reason"] in text, row


@pytest.mark.parametrize("number", range(6))
def test_verdict_is_that_of_a_real_build(trial: Trial, tmp_path: Path, number: int) -> None:
    """A random sample, the same in each run: one in three of the mutants that survive."""
    mutants = trial.mutants()
    random.Random(2019 + number).shuffle(mutants)
    wanted = number % 3 == 0
    for mutant in mutants if not wanted else [m for m in mutants if m.cell == "number"]:
        caught = trial.engine.kill(mutant, trial.rows[mutant.seed])
        if (caught == "") == wanted:
            break
    project = copy_project(tmp_path)
    [path] = (project / "seeds").rglob(f"{mutant.seed}.csv")
    rows = mutant.apply(trial.rows[mutant.seed])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, trial.rows[mutant.seed][0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = run_build(project, project / "build")
    assert done.returncode == (1 if caught else 0), (mutant, caught, done.stderr)


def test_readme_gives_the_measured_figures() -> None:
    text = (PROJECT / mutate.REPORT).read_text(encoding="utf-8")
    [total] = [line for line in text.splitlines() if line.startswith("| all |")][:1]
    _, _, mutants, tests, both, _ = (cell.strip() for cell in total.split("|"))
    readme = " ".join((PROJECT / "README.md").read_text(encoding="utf-8").split())
    share = tests.partition("(")[2].partition(" %")[0]
    assert f"Of {int(mutants):,} possible keying errors {share} percent fail" in readme
    assert both == f"{mutants} (100.0 %)"

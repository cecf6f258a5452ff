"""The mutation harness: which errors it makes, and that a real build agrees with it."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from conftest import PROJECT, Built, copy_project, run_build
from verification import mutate
from verification.engine import FORM, KEPT, NOTHING_CHANGES, Build
from verification.mutants import CELLS, KINDS, Mutant, digit_errors
from verification.mutate import Trial
from verification.witness import UNDETECTABLE, labels
from warehouse.sheets import read_csv, write_csv

TABLE = "ussc_production_2021.table_11"


@pytest.fixture(scope="module")
def trial(built: Built) -> Trial:
    return Trial(Build(PROJECT, built.manifest, built.run_results), None)


def test_every_error_of_a_number_is_made() -> None:
    made: dict[str, set[str]] = {}
    for kind, after in digit_errors("290"):
        made.setdefault(kind, set()).add(after)
    assert made["last digit"] == {f"29{digit}" for digit in range(1, 10)}
    assert made["other digit"] == {f"{d}90" for d in "013456789"} | {
        f"2{d}0" for d in range(9)
    }  # fmt: skip
    assert made["digit left out"] == {"29", "20", "90"}
    assert made["digits exchanged"] == {"920", "209"}
    assert made["decimal point"] == {"29.0"}
    assert made["digit inserted"] >= {"0290", "2190", "2907"}
    assert {after for _, after in digit_errors("56.6")} >= {"56.5", "5.66", "566", "65.6", "567.6"}
    assert ("last digit", "ten") in digit_errors("two")
    assert list(digit_errors("life")) == []


def test_every_kind_of_error_is_made_in_every_cell(trial: Trial) -> None:
    mutants = trial.mutants()
    assert len(set(mutants)) == len(mutants) > 10_000
    assert {mutant.kind for mutant in mutants} == set(KINDS)
    assert {mutant.cell for mutant in mutants} == set(CELLS)
    for exhibit_id, exhibit in trial.exhibits.items():
        altered = {(m.row, m.column) for m in mutants if m.exhibit_id == exhibit_id}
        altered |= {m.other for m in mutants if m.exhibit_id == exhibit_id and m.other}
        for index, row in enumerate(exhibit.sheet.rows):
            for column in exhibit.sheet.columns:
                is_one_value = len({each[column] for each in exhibit.sheet.rows}) == 1
                assert not row[column] or (index, column) in altered or is_one_value
    for path in (PROJECT / "seeds" / "reference").glob("*.csv"):
        rows = sum(1 for _ in csv.DictReader(path.open(encoding="utf-8")))
        assert {m.row for m in mutants if m.exhibit_id == path.stem} == set(range(rows)), path.stem


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


def test_what_the_print_cannot_tell_has_a_witness(trial: Trial) -> None:
    """A relation finds the last; the whole numbers behind it contradict one another.

    In the one before, a difference that a question asks for is negative.
    """
    numbers = [
        (TABLE, 5, "n", "301", UNDETECTABLE),
        ("ussc_production_2021.figure_10", 1, "number_of_victims", "44", UNDETECTABLE),
        ("ussc_production_2021.figure_22", 5, "percent", "7.6", UNDETECTABLE),
        ("ussc_production_2021.figure_23", 3, "percent", "4.2", "missing rule"),
    ]
    mutants = [Mutant(*each[:1], "", "number", *each[1:3], "", each[3]) for each in numbers]
    found = labels(trial.engine, dict(enumerate(map(trial.altered, mutants), start=1)))
    assert list(found.values()) == [each[4] for each in numbers]


REFERENCE = {
    "the relations": (
        ("classifications", 2, "is_mutually_exclusive", "false", "true"),
        "",
    ),
    "a form": (("reports", 0, "publication_date", "2021-10-01", "x\ny"), FORM),
    "the review": (("measures", 0, "label", "Offenders", "Cases"), KEPT[1]),
    "nothing": (("source_exclusions", 0, "reason", "", "Another"), NOTHING_CHANGES),
}


@pytest.mark.parametrize("by", REFERENCE)
def test_an_error_in_a_reference_seed_is_caught_by(trial: Trial, by: str) -> None:
    (seed, row, column, before, after), test = REFERENCE[by]
    mutant = Mutant(seed, "reference cell", "reference code", row, column, before, after)
    for _ in range(2):
        [outcome] = trial.run([mutant])
        assert outcome.test.startswith(test)
        assert outcome.is_caught_by_relations or test in (*KEPT, NOTHING_CHANGES, FORM)


@pytest.mark.slow
def test_mutants_together_are_caught_as_each_alone(trial: Trial) -> None:
    """A random sample, the same in each run."""
    mutants = [mutant for mutant in trial.mutants() if not mutant.is_of_reference]
    random.Random(2019).shuffle(mutants)
    outcomes = list(trial.run(mutants[:800]))
    sample = [outcome for outcome in outcomes if not outcome.test][:10]
    sample += [outcome for outcome in outcomes if outcome.test][:10]
    for outcome in sample:
        [alone] = trial.run([outcome.mutant])
        assert bool(alone.test) == bool(outcome.test), (outcome, alone)


@pytest.mark.slow
def test_errors_in_the_reference_seeds_are_caught(trial: Trial) -> None:
    """A random sample, the same in each run and another than the page's, without the document."""
    mutants = [mutant for mutant in trial.mutants() if mutant.is_of_reference]
    sample = random.Random(2023).sample(mutants, 200)
    assert [outcome.mutant for outcome in trial.run(sample) if not outcome.test] == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6))
def test_verdict_is_that_of_a_real_build(trial: Trial, tmp_path: Path, number: int) -> None:
    """A random sample, the same in each run: one in three of the mutants that survive."""
    mutants = [mutant for mutant in trial.mutants() if not mutant.is_of_reference]
    random.Random(2019 + number).shuffle(mutants)
    survives = number % 3 == 0
    outcomes = trial.run([m for m in mutants if m.cell == "number" or not survives][:400])
    outcome = next(outcome for outcome in outcomes if survives == (outcome.test == ""))
    project = copy_project(tmp_path)
    sheet = trial.altered(outcome.mutant)
    path = project / "seeds" / sheet.report_id / sheet.path.name
    write_csv(path, sheet.rows, sheet.columns)
    done = run_build(project, project / "build")
    assert done.returncode == (0 if survives else 1), (outcome, done.stderr)


def texts() -> dict[str, str]:
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in (PROJECT / mutate.FOLDER).glob("*.md")
    }


def test_what_survives_is_listed_and_explained() -> None:
    pages = texts()
    reports = {row["report_id"] for row in read_csv(PROJECT / "seeds/reference/reports.csv")}
    assert pages.keys() == {"README.md", *(f"{report_id}.md" for report_id in reports)}
    assert mutate.unexplained(pages.values()) == []
    for name, text in pages.items():
        _, _, survivors = text.partition("why nothing contradicts it")
        assert "*" not in survivors, name
    for row in read_csv(PROJECT / mutate.REASONS):
        assert any(row["reason"] in text for text in pages.values()), row


def test_readme_gives_the_measured_figures() -> None:
    page = texts()["README.md"]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    by_cell = {row[0]: row[1:] for row in reversed(rows) if len(row) == 6}
    readme = " ".join((PROJECT / "README.md").read_text(encoding="utf-8").split())
    errors, _, _, kept, document = by_cell["all"]
    assert f"Of {int(errors):,} possible keying errors" in readme
    assert f"{kept.partition('(')[2].partition(' %')[0]} percent fail the build" in readme
    assert document.endswith("(100.0 %)")
    numbers = by_cell["printed numbers"][2].partition("(")[2].partition(" %")[0]
    assert f"of those in the printed numbers {numbers} by the relations alone" in readme

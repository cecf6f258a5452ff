"""The bounds that the print implies: proven, attained, and of the numbers as they are now."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bounds.propose import bound_system
from bounds.solver import Constraint, NotBoundedError, System
from conftest import Built, Pages, alter, copy_project, run_build
from verification.replay import open_database, read_steps, run_steps
from warehouse.project import PROJECT
from warehouse.sheets import load_sheets, proposals

KNOWN = {
    "inducements_two_or_more": ("38", "99", None),
    "inducements_exactly_one": ("106", "167", None),
    "inducements_exactly_three": ("0", "49", None),
    "inducements_all_four": ("0", "23", None),
    "coercion_violence_or_threats": ("49", "53", "rounding"),
    "coercion_violence_and_threats": ("0", "4", "rounding"),
    "coercion_only_sextortion": ("6", "43", "approach_is_method rounding"),
    "misrepresentation_gender": ("11", "11", "rounding"),
    "mean_sentence_two_or_more_inducements": (
        "42595/248",
        "5656/15",
        "maximum_of_each minimum_of_each rounding",
    ),
}
PROOFS = ("bounds__are_proven", "bounds__are_attained")
SYSTEM = "2019/production_offenders"
# What is altered in the proposals, and the test that then fails.
FORGED = {
    "multiplier": (PROOFS[0], "numerator = numerator::bigint + 1 where kind = 'multiplier'"),
    "limit": (PROOFS[0], "numerator = numerator::bigint - 1 where kind = 'split'"),
    "case": (PROOFS[0], "kind = 'gone' where kind = 'case' and case_path = '0'"),
    "low end": (PROOFS[0], "numerator = '39' where kind = 'bound' and numerator = '38'"),
    "constraint": (PROOFS[0], "item = 'value:none' where kind = 'multiplier'"),
    "witness": (PROOFS[1], "numerator = numerator::bigint + 1 where kind = 'witness'"),
    "wide end": (PROOFS[1], "numerator = '37' where kind = 'bound' and numerator = '38'"),
}


@pytest.fixture(scope="module")
def replayed(built: Built) -> duckdb.DuckDBPyConnection:
    """The build's models, made anew from its raw tables."""
    steps = read_steps(built.manifest, built.run_results)
    connection = open_database(steps[0])
    load_sheets(connection, PROJECT)
    assert not run_steps(connection, steps)
    return connection


def of_bounds(built: Built) -> list[Any]:
    """The steps that read proposals, and their tests."""
    steps = read_steps(built.manifest, built.run_results)
    names = ("int_bound_proposals", "int_bounds", *PROOFS)
    return sorted((s for s in steps if s.name in names), key=lambda s: names.index(s.name))


def test_known_bounds(built: Built) -> None:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select bound_id, bound_low_exact, bound_high_exact, assumptions, is_sharp"
            " from marts.fct_bounds where bound_id not like '%/%'"
        ).fetchall()
    assert {bound_id: (low, high, why) for bound_id, low, high, why, _ in rows} == KNOWN
    assert all(is_sharp for *_, is_sharp in rows)


def test_the_page_shows_every_bound(built: Built, pages: Pages) -> None:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        bounds = connection.execute(
            "select label, bound_low_exact from marts.fct_bounds"
        ).fetchall()
    rows = [[*row.itertext()] for row in pages["implied.html"].iter("tr")]
    for label, _ in bounds:
        assert any(label in row for row in rows), label
    values = {node.get("value") for node in pages["implied.html"].iter("data")}
    assert {low for _, low in bounds} <= values
    charts = "".join("".join(node.itertext()) for node in pages["implied.html"].iter("svg"))
    assert "38\u00a0to\u00a099" in charts


@pytest.mark.parametrize("forged", FORGED)
def test_nothing_false_is_published(
    built: Built, replayed: duckdb.DuckDBPyConnection, forged: str
) -> None:
    test, change = FORGED[forged]
    replayed.begin()
    try:
        replayed.execute(f"update raw.bound_proposals set {change}")
        failures = run_steps(replayed, of_bounds(built))
    finally:
        replayed.rollback()
    assert test in failures
    assert all("remove .work/bounds.csv" in row[0] for row in failures[test])


def test_changed_numbers_never_meet_an_old_certificate(
    built: Built, replayed: duckdb.DuckDBPyConnection
) -> None:
    steps = [s for s in read_steps(built.manifest, built.run_results) if "int_bound" in s.name]
    replayed.begin()
    try:
        replayed.execute(
            "update intermediate.int_quantities set value_low = 22, value_high = 22"
            " where series_key like '%inducements.incapacitation/offender_count'"
        )
        run_steps(replayed, [s for s in steps if s.kind == "models"])
        [[proposed]] = replayed.execute(
            "select count(*) from intermediate.int_bound_proposals"
        ).fetchall()
        rows = bound_system(replayed, SYSTEM)
        found = {
            row["side"]: row["numerator"]
            for row in rows
            if row["kind"] == "bound" and row["bound_id"] == "inducements_all_four"
        }
    finally:
        replayed.rollback()
    assert (proposed, found) == (0, {"low": "0", "high": "22"})


def test_what_cannot_be_bounded_is_said(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    questions = project / "seeds" / "reference" / "bound_questions.csv"
    alter(questions, "violence threatened_violence,,,", "violence threats,,,")
    printed = run_build(project, tmp_path / "build").stderr
    assert (
        "bound_questions, coercion_violence_and_threats: expected 2 different categories of"
        " coercion_methods, it has 1 of them" in printed
    )


@pytest.mark.parametrize(
    ("limits", "sign", "reason"),
    [((1, None), -1, "unbounded"), ((2, 1), 1, "contradictory")],
)
def test_no_bound_without_proof(limits: tuple[int, int | None], sign: int, reason: str) -> None:
    low, high = (None if limit is None else Fraction(limit) for limit in limits)
    system = System({"a": Constraint({"x": Fraction(1)}, low, high)}, ["x"], {})
    with pytest.raises(NotBoundedError, match=reason):
        system.bound("x", None, sign)


def test_a_missing_solver_is_said(
    replayed: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bounds.solver", None)
    [row] = bound_system(replayed, SYSTEM)
    assert (row["kind"], row["item"]) == ("problem", "highspy is not installed")


def test_a_count_is_rounded_inward() -> None:
    system = System({"a": Constraint({"x": Fraction(2)}, Fraction(1), Fraction(5))}, ["x"], {})
    ends = [system.bound("x", None, sign) for sign in (1, -1)]
    assert [(end.value, end.cases[0].value, end.witness) for end in ends] == [
        (1, Fraction(1, 2), {"x": 1}),
        (2, Fraction(-5, 2), {"x": 2}),
    ]


def test_proposals_are_deterministic(built: Built) -> None:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        rows = list(bound_system(connection, SYSTEM))
    kept = proposals(PROJECT)[1:]  # the first row is the basis
    assert len(kept) == len(rows) > 1000
    for row, before in zip(rows, kept, strict=True):
        assert before.items() >= row.items()

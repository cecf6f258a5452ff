"""The bounds that the print implies: proven, attained, and of the numbers as they are now."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bounds.propose import all_systems, bound_system
from bounds.solver import Constraint, System
from conftest import Built, Pages, alter, copy_project, run_build
from verification.replay import open_database, read_steps, run_steps
from warehouse.project import PROJECT
from warehouse.sheets import load_sheets, proposals

KNOWN = {
    "inducements_two_or_more": ("38", "99", None),
    "inducements_exactly_one": ("106", "167", None),
    "inducements_exactly_three": ("0", "49", None),
    "inducements_all_four": ("0", "23", None),
    "inducements_mean_number_of_kinds": ("304/205", "304/205", None),
    "coercion_threats_less_violence": ("17", "17", "rounding"),
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
# Counts of other reports that are not printed.
OTHERS = {("127", "127"), ("7112", "7119")}
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
    "signed": (
        PROOFS[0],
        "numerator = case kind when 'multiplier' then numerator else '0' end,"
        " kind = case kind when 'multiplier' then 'gone' else kind end"
        " where bound_id = 'coercion_threats_less_violence' and side = 'low'"
        " and kind in ('bound', 'case', 'multiplier')",
    ),
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
        others = connection.execute(
            "select bound_low_exact, bound_high_exact from marts.fct_bounds"
            " where population_id <> 'production_offenders'"
        ).fetchall()
    assert {bound_id: (low, high, why) for bound_id, low, high, why, _ in rows} == KNOWN
    assert all(is_sharp for *_, is_sharp in rows)
    assert set(others) == OTHERS


@pytest.mark.slow
def test_another_solver_finds_the_same(built: Built) -> None:
    """From the constraints as published alone: each end is attained, and nothing beyond it is."""
    z3 = pytest.importorskip("z3")
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        terms = connection.execute(
            "select fiscal_year, population_id, constraint_id, variable_key, is_whole, is_signed,"
            " coefficient, low, high from marts.fct_bound_constraints where bound_id is null"
        ).fetchall()
        bounds = connection.execute(
            "select fiscal_year, population_id, bound_id, variable_key, divisor_variable_key,"
            " bound_low_exact, bound_high_exact from marts.fct_bounds where is_sharp"
        ).fetchall()
    solvers: dict[Any, Any] = {}
    variables: dict[Any, Any] = {}
    sums: dict[Any, Any] = {}
    for year, population, constraint, name, is_whole, is_signed, coefficient, *limits in terms:
        solver = solvers.setdefault((year, population), z3.Solver())
        variable = (z3.Int if is_whole else z3.Real)(name)
        if (year, population, name) not in variables and not is_signed:
            solver.add(variable >= 0)
        variables[year, population, name] = variable
        parts, _ = sums.setdefault((year, population, constraint), ([], limits))
        parts.append(z3.RealVal(str(coefficient)) * variable)
    for (year, population, _), (parts, (low, high)) in sums.items():
        for limit, way in ((low, 1), (high, -1)):
            if limit is not None:
                solvers[year, population].add(way * sum(parts) >= way * z3.RealVal(str(limit)))
    for year, population, bound_id, name, divisor, *ends in bounds:
        variable = variables[year, population, name]
        per = variables[year, population, divisor] if divisor else z3.RealVal(1)
        for end, way in zip(ends, (1, -1), strict=True):
            over, solver = variable - z3.RealVal(end) * per, solvers[year, population]
            assert solver.check(over == 0, per > 0) == z3.sat, (bound_id, end)
            assert solver.check(way * over < 0, per > 0) == z3.unsat, (bound_id, end)
    assert len(bounds) > 20


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


def bounded_anew(
    built: Built, connection: duckdb.DuckDBPyConnection, *changes: str, told_apart: int = 10
) -> tuple[int, dict[str, Any], list[str]]:
    """Change a table or some, and give proposals still taken, new bounds, and problems."""
    steps = read_steps(built.manifest, built.run_results)
    connection.begin()
    try:
        for change in changes:
            connection.execute(change)
        for step in steps:
            if step.kind == "models" and "int_bound" in step.name:
                few = f"<= {told_apart} as is_told_apart"
                sql = [each.replace("<= 10 as is_told_apart", few) for each in step.statements]
                run_steps(connection, [replace(step, statements=tuple(sql))])
        [[taken]] = connection.execute(
            f"select count(*) from intermediate.int_bound_proposals where system_id = '{SYSTEM}'"
        ).fetchall()
        rows = list(bound_system(connection, SYSTEM))
    finally:
        connection.rollback()
    ends: dict[str, Any] = {}
    for row in rows:
        if row["kind"] == "bound":
            value = Fraction(int(row["numerator"]), int(row["denominator"]))
            ends[row["bound_id"]] = (*ends.get(row["bound_id"], ()), str(value))
    return taken, ends, [row["item"] for row in rows if row["kind"] == "problem"]


def test_changed_numbers_never_meet_an_old_certificate(
    built: Built, replayed: duckdb.DuckDBPyConnection
) -> None:
    change = (
        "update intermediate.int_quantities set value_low = 22, value_high = 22"
        " where series_key like '%inducements.incapacitation/offender_count'"
    )
    taken, ends, _ = bounded_anew(built, replayed, change)
    assert (taken, ends["inducements_all_four"]) == (0, ("0", "22"))


def test_categories_that_are_not_told_apart_allow_no_more(
    built: Built, replayed: duckdb.DuckDBPyConnection
) -> None:
    """Of the four inducements none, of the five methods three: as if more than ten."""
    naming = ("inducements_all_four", "inducements_mean_number_of_kinds")
    mean = "mean_sentence_two_or_more_inducements"
    change = f"delete from reference.bound_questions where bound_id in {naming}"
    _, ends, problems = bounded_anew(built, replayed, change, told_apart=3)
    counts = {name: ends[name] for name in KNOWN if name not in (*naming, mean)}
    assert counts == {name: KNOWN[name][:2] for name in counts} and not problems
    low, high, known_low, known_high = map(Fraction, (*ends[mean], *KNOWN[mean][:2]))
    assert 120 < low < known_low and known_high < high < 400


def test_a_contradiction_in_print_is_one_line(
    built: Built, replayed: duckdb.DuckDBPyConnection
) -> None:
    """As it is declared when a discrepancy is: the build goes on, without these bounds."""
    change = (
        "update intermediate.int_quantities set value_low = 500, value_high = 500"
        " where series_key like '%inducements.none/offender_count'"
    )
    _, ends, problems = bounded_anew(built, replayed, change)
    assert (ends, problems) == ({}, ["what is printed is contradictory"])


@pytest.mark.parametrize(
    ("name", "returned", "problem"),
    [
        ("_solved", {"value:2019/production_offenders/x": Fraction(1)}, "fails: KeyError"),
        ("_solved", {}, "not proven"),
        ("_ask", ({}, {}), "fails: KeyError"),
        ("_ask", (dict.fromkeys("x", float("nan")), {}), "fails"),
        ("time.monotonic", float("inf"), "takes too long"),
    ],
)
def test_nothing_is_taken_from_a_solver_that_fails(
    built: Built, monkeypatch: pytest.MonkeyPatch, name: str, returned: Any, problem: str
) -> None:
    monkeypatch.setattr(f"bounds.solver.{name}", lambda *_: returned)
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        rows = list(bound_system(connection, SYSTEM, 0))
    assert any(problem in row["item"] for row in rows)
    assert {row["kind"] for row in rows} == {"problem"}


def test_faulty_questions_are_said(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    questions = project / "seeds" / "reference" / "bound_questions.csv"
    alter(questions, "violence threatened_violence,,,", "violence threats,,,")
    alter(questions, ",3,3\n", ",5,5\n")
    alter(questions, "ment,mean_sentence_months,1", "ment,mean_age_years,1")
    printed = run_build(project, tmp_path / "build").stderr
    for said in (
        "coercion_violence_and_threats: expected 2 different categories of coercion_methods, it"
        " has 1 of them",
        "inducements_exactly_three: no combination of categories of inducements has as many",
        f"no bound: {SYSTEM} mean_sentence_two_or_more_inducements: the solver says: unbounded",
    ):
        assert printed.count(said) == 1, printed


def test_a_missing_solver_is_said(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bounds.solver", None)
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        [row] = all_systems(connection, [])
    assert (row["kind"], row["item"]) == ("problem", "highspy is not installed")


def test_a_count_is_rounded_inward() -> None:
    system = System({"a": Constraint({"x": Fraction(2)}, Fraction(1), Fraction(5))}, ["x"], {})
    ends = [system.bound("x", None, sign) for sign in (1, -1)]
    assert [(end.value, end.cases[0].value, end.witness) for end in ends] == [
        (1, Fraction(1, 2), {"x": 1}),
        (2, Fraction(-5, 2), {"x": 2}),
    ]


def test_proposals_are_deterministic_and_kept(built: Built) -> None:
    kept = proposals(PROJECT)[1:]  # the first row is the basis
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        rows = list(all_systems(connection, []))
        again = list(all_systems(connection, kept[1:]))
    assert len(kept) == len(rows) > 1000
    assert all(before.items() >= row.items() for row, before in zip(rows, kept, strict=True))
    assert again == kept[1:]

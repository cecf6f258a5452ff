"""A build that fails points at the cells that may be wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from conftest import alter, copy_project, run_build
from publish.build import _suggestions
from verification.suggest import Relation

FIGURE = "seeds/ussc_production_2021/raw_ussc_production_2021__figure_23.csv"
FACTS = "ussc_quick_facts_theft_property_fraud_2019"
STATEMENTS = f"seeds/{FACTS}/raw_{FACTS}__statements.csv"


def test_a_build_points_at_each_wrong_cell(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    alter(project / FIGURE, ",4.9,", ",4.2,")
    alter(project / STATEMENTS, "43.1", "34.1")
    done = run_build(project, project / "build")
    assert done.returncode == 1
    assert not (project / "build").exists()
    _, _, said = done.stderr.partition("which cells may be wrong\n")
    groups = said.split("  these cannot all be right: ")[1:]
    of_figure, of_facts = sorted(groups, key=lambda text: STATEMENTS in text)
    table = FIGURE.replace("figure_23", "table_11")
    assert of_figure.splitlines()[0] == f"{FIGURE}, line 5, percent; {table}, line 2, n"
    held = "every relation of these would hold"
    assert f"{FIGURE}, line 5, percent: if it were 4.9 in place of 4.2, {held} (also 4.7)" in said
    wrong = f"{STATEMENTS}, line 6, printed_value"
    assert wrong in of_facts.splitlines()[0]
    assert f"{wrong}: if it were 43.1 in place of 34.1, {held}" in of_facts


def test_a_fault_of_the_suggestions_is_a_line_and_hides_nothing(tmp_path: Path) -> None:
    [line] = _suggestions(tmp_path / "warehouse.duckdb", tmp_path)
    assert line.startswith("which cells may be wrong could not be found out: ")


@pytest.mark.parametrize(
    ("bounds", "low", "high", "holds"),
    [("[]", 5, 9, True), ("(]", 5, 9, False), ("[]", 0, 1, True), ("[)", 0, 1, False)],
)
def test_a_relation_holds_up_to_its_ends(bounds: str, low: int, high: int, holds: bool) -> None:
    """From 1 to 5: the sum of 2 x 1 to 3 and of -1 x 1."""
    terms = [(1, Decimal(2), (Decimal(1), Decimal(3))), (2, Decimal(-1), (Decimal(1), Decimal(1)))]
    limits = (Decimal(low), Decimal(high))
    assert Relation(terms, limits, bounds).holds({}) == holds
    assert Relation(terms, limits, bounds).holds({1: (Decimal(-9), Decimal(9))})

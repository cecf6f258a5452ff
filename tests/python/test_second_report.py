"""A second report needs no code: the checklist of CONTRIBUTING.md, followed to the letter."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from conftest import FIXTURES, PROJECT, Built, answer, answers, copy_project, run_build, run_cli
from exported import contents

FIXTURE = FIXTURES / "second_report"
REPORT = "example_2024"
Both = tuple[duckdb.DuckDBPyConnection, Path]


def add_seeds(project: Path) -> None:
    """Steps 1 and 2: key the print and describe it."""
    shutil.copytree(FIXTURE / "seeds" / REPORT, project / "seeds" / REPORT)
    for rows in (FIXTURE / "seeds" / "reference").glob("*.csv"):
        header, *lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
        target = project / "seeds" / "reference" / rows.name
        assert target.read_text(encoding="utf-8").startswith(header), rows.name
        with target.open("a", encoding="utf-8") as file:
            file.writelines(lines)


@pytest.fixture(scope="module")
def both(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The warehouse with two reports, attached as `after` beside the one with one, `before`."""
    project = copy_project(tmp_path_factory.mktemp("second"))
    add_seeds(project)
    for command in ("review", "scaffold"):
        assert run_cli(command, project=project).returncode == 0
    done = run_build(project, project / "build")
    assert done.returncode == 0, done.stdout + done.stderr
    connection = duckdb.connect()
    connection.execute(f"attach '{built.warehouse}' as before (read_only)")
    connection.execute(f"attach '{project / 'build' / 'warehouse.duckdb'}' as after (read_only)")
    return connection, project


ANSWERS = answers(FIXTURE / "answers.txt")


@pytest.mark.parametrize("question", ANSWERS)
def test_it_is_in_the_marts(both: Both, question: str) -> None:
    assert answer(both[0], question) == ANSWERS[question]


def test_every_other_mart_is_unchanged(both: Both) -> None:
    connection, _ = both
    names = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'before' and table_schema = 'marts'"
    ).fetchall()
    shared = {
        "dim_reports", "dim_exhibits", "dim_populations", "dim_classifications",
        "dim_categories", "fct_observations", "fct_consistency_checks", "fct_relations",
        "fct_relation_terms", "rpt_discrepancies", "fct_category_shares", "fct_population_totals",
        "fct_bounds", "fct_bound_certificates", "fct_bound_constraints", "fct_bound_witnesses",
        "fct_reconciliations",
    }  # fmt: skip
    assert len(names) > len(shared)
    for (name,) in names:
        lost, added = (
            connection.execute(
                f"from {one}.marts.{name} except all from {other}.marts.{name}"
            ).fetchall()
            for one, other in (("before", "after"), ("after", "before"))
        )
        assert lost == [], name
        assert bool(added) == (name in shared), name


def test_only_described_files_were_written(both: Both) -> None:
    _, project = both
    before = contents(PROJECT / "models")
    assert {
        path
        for path, content in contents(project / "models").items()
        if content != before.get(path)
    } == {
        "marts/reports/_reports__models.yml",
        "marts/reports/rpt_example_2024__figure_1.sql",
        "marts/reports/rpt_example_2024__table_1.sql",
    }

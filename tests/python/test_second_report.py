"""A second report needs no code: the checklist of CONTRIBUTING.md, followed to the letter."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, Built, copy_project, run_build, run_cli
from exported import contents
from pages.site import make_site

FIXTURE = PROJECT / "tests" / "fixtures" / "second_report"
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


def test_its_observations_are_there(both: Both) -> None:
    rows = both[0].execute(
        "select category_key, measure_id, printed_value, obs_value, obs_status, footnote"
        " from after.marts.fct_observations where report_id = ?",
        [REPORT],
    )
    observations = rows.fetchall()
    published = [row for row in observations if row[4] == "published"]
    assert len(published) == 12
    assert (
        "population_total.total", "offender_count", "1,200", Decimal(1200), "published", None,
    ) in published  # fmt: skip
    derived = {(row[0], row[1]): row[3] for row in observations if row[4] == "derived"}
    assert derived["example_means_used.any", "offender_count"] == 450
    assert derived["example_means_used.weapon", "offender_count"] == 360
    assert derived["example_means_used.other", "offender_count"] is None


def test_its_checks_are_made(both: Both) -> None:
    rows = both[0].execute(
        "select rule_id, verdict, is_vacuous, count(*) from after.marts.fct_consistency_checks"
        " where exhibit_id like 'example_2024.%' group by all order by all"
    )
    assert rows.fetchall() == [
        ("attainable_percentage", "consistent", False, 3),
        ("attainable_percentage", "consistent", True, 2),
        ("attainable_percentage", "documented_discrepancy", False, 1),
        ("exclusive_parts_sum", "consistent", False, 2),
        ("exclusive_parts_sum", "consistent", True, 2),
        ("overlap_bounds", "consistent", False, 1),
        ("percentage_agrees_with_count", "consistent", False, 2),
        ("subset_within_population", "consistent", False, 5),
        ("subset_within_population", "consistent", True, 1),
        ("weighted_mean", "consistent", False, 1),
        ("wording_agrees", "consistent", False, 1),
    ]


def test_its_exhibits_are_as_printed(both: Both) -> None:
    rows = both[0].execute(
        "select age_group, n, percent, mean_sentence, footnote"
        " from after.marts.rpt_example_2024__table_1"
    )
    assert rows.fetchall() == [
        ("Total", "1,200", None, "100", None),
        ("Under 30", "480", "40.0", "90", None),
        ("30 and Over", "720", "60.0", "107", None),
    ]
    rows = both[0].execute("select percent from after.marts.rpt_example_2024__figure_1")
    assert rows.fetchall() == [("30.00",), ("12.50",), ("3.30",), ("62.50",)]


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


def test_report_pages_show_both_reports(both: Both, tmp_path: Path) -> None:
    make_site(both[1] / "build" / "warehouse.duckdb", tmp_path / "site")
    site = tmp_path / "site"
    for report, exhibit in ((REPORT, "table_1"), ("ussc_production_2021", "table_11")):
        numbers = (site / "numbers" / f"{report}.html").read_text(encoding="utf-8")
        assert f'<h3 id="{report}.{exhibit}">' in numbers
        assert f'<tr id="{report}.{exhibit}.1.' in numbers
        assert f"raw_{report}__<wbr />{exhibit}.csv, line 2" in numbers
    page = (site / "reports" / f"{REPORT}.html").read_text(encoding="utf-8")
    assert "450" in page and "ussc_production_2021." not in page

"""The benchmark: its arithmetic, and that what it replays without dbt is what dbt builds."""

import json
import sys
import time
from pathlib import Path

import bench
import duckdb
import pytest
from bench import Bench, Gaps, Nodes, Rounds, Run

from publish.releases import Releases
from verification.replay import read_steps
from warehouse.manifest import read_marts
from warehouse.project import UserError

# Replay


def differing(one: Path, other: Path) -> list[str]:
    """Names of the marts whose rows are not the same in two folders of `copy_marts`.

    Columns are compared by name: an enforced contract puts them in the order that it declares.
    """
    names = sorted(path.stem for path in (one / "parquet").iterdir())
    assert names == sorted(path.stem for path in (other / "parquet").iterdir())
    connection = duckdb.connect()
    found = []
    for name in names:
        a, b = (f"from '{folder / 'parquet' / name}.parquet'" for folder in (one, other))
        columns, others = (
            {row[0] for row in connection.sql(f"describe {x}").fetchall()} for x in (a, b)
        )
        assert columns == others, name
        select = f"select {', '.join(sorted(columns))}"
        [rows] = connection.execute(
            f"select (select count(*) {a}), (select count(*) {b}),"
            f" (select count(*) from (({select} {a}) except all ({select} {b}))),"
            f" (select count(*) from (({select} {b}) except all ({select} {a})))"
        ).fetchall()
        if rows[0] != rows[1] or rows[2] or rows[3]:
            found.append(name)
    return found


def test_replay_gives_the_marts_that_dbt_builds(built, tmp_path):
    steps = read_steps(built.manifest, built.run_results)
    seconds = bench.replay(steps, tmp_path / "replay")
    marts = read_marts(built.manifest)
    replayed = tmp_path / "replay" / f"{steps[0].database}.duckdb"
    bench.copy_marts(built.warehouse, marts, tmp_path / "dbt")
    bench.copy_marts(replayed, marts, tmp_path / "bare")
    assert len(list((tmp_path / "dbt" / "parquet").iterdir())) == len(marts) > 0
    assert differing(tmp_path / "dbt", tmp_path / "bare") == []

    with_dbt = bench.node_times(built.run_results).seconds
    assert {kind: len(each) for kind, each in seconds.items()} == {
        kind: len(each) for kind, each in with_dbt.items()
    }

    # One changed row is found, so that the comparison is known to compare.
    with duckdb.connect(str(replayed)) as connection:
        connection.execute("update marts.dim_reports set title = title || '.'")
    bench.copy_marts(replayed, marts, tmp_path / "changed")
    assert "dim_reports" in differing(tmp_path / "dbt", tmp_path / "changed")


def test_replay_refuses_an_empty_build(tmp_path):
    with pytest.raises(UserError, match="nothing to replay"):
        bench.replay([], tmp_path / "replay")


def test_seed_keeps_printed_text_and_reads_blanks_as_null(tmp_path):
    (tmp_path / "it's.csv").write_text("printed,mark\n1.0,\nlife,a\n")
    unique_id = "seed.project.raw"
    node = {
        "resource_type": "seed",
        "unique_id": unique_id,
        "name": "raw",
        "database": "warehouse",
        "schema": "raw",
        "alias": "raw",
        "root_path": str(tmp_path),
        "original_file_path": "it's.csv",
        "config": {"column_types": {"printed": "text", "mark": "text"}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {unique_id: node}}))
    (tmp_path / "run_results.json").write_text(json.dumps({"results": [{"unique_id": unique_id}]}))
    steps = read_steps(tmp_path / "manifest.json", tmp_path / "run_results.json")
    assert [step.kind for step in steps] == ["seeds"]
    bench.replay(steps, tmp_path / "replay")
    with duckdb.connect(str(tmp_path / "replay" / "warehouse.duckdb")) as connection:
        assert connection.execute("from raw.raw").fetchall() == [("1.0", None), ("life", "a")]


# Processes


def a_bench(folder: Path) -> Bench:
    made = Bench(folder)
    made.project.mkdir()
    return made


def test_peak_memory_is_the_processs_own(tmp_path):
    ballast = b"x" * 300_000_000
    small = a_bench(tmp_path).run("small", [sys.executable, "-c", "pass"])
    large = Bench(tmp_path).run("large", [sys.executable, "-c", "b'x' * 200_000_000"])
    assert len(ballast) / 1e6 > small.megabytes + 200
    assert small.megabytes + 150 < large.megabytes
    assert small.seconds > 0


def test_failing_process_is_one_line_for_the_user(tmp_path):
    with pytest.raises(UserError, match=r"x failed with exit status 1: .*the reason$") as caught:
        a_bench(tmp_path).run("x", [sys.executable, "-c", "import sys; sys.exit('the reason')"])
    assert "\n" not in str(caught.value)


def test_process_sees_no_option_of_dbt_and_one_warehouse_path(tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_TARGET_PATH", "elsewhere")
    check = (
        "import os; assert 'DBT_TARGET_PATH' not in os.environ;"
        "assert os.environ['WAREHOUSE_PATH'].endswith('output/work/warehouse.duckdb')"
    )
    a_bench(tmp_path).run("check", [sys.executable, "-c", check])


def test_copy_of_the_project_holds_sources_only(tmp_path):
    made = Bench(tmp_path)
    made.copy_project()
    names = {path.name for path in made.project.iterdir()}
    assert {"dbt_project.yml", "models", "seeds", "scripts"} <= names
    assert names.isdisjoint({"build", "target", "logs", ".git", ".venv"})


# Report


def rounds(build_seconds: list[float], peak: float = 300, reparsed: int = 0) -> Rounds:
    number = len(build_seconds)
    return Rounds(
        parse=[Run(2, 150)] * number,
        build=[Run(seconds, peak) for seconds in build_seconds],
        reparsed=[reparsed] * number,
        nodes=[Nodes(3, {"seeds": [0.5, 1.5], "models": [2.0], "tests": [0.25]})] * number,
        replay=[{"seeds": [0.1, 0.1], "models": [0.2], "tests": [0.1]}] * number,
        export=[0.6] * number,
        export_files=[0.3] * number,
        copy=[0.2] * number,
        release=[Run(1.4 * seconds, peak) for seconds in build_seconds],
        gaps=[Gaps(0.001 * (n + 1), n, 0.0005) for n in range(number)],
    )


def test_ratio_is_of_medians():
    assert bench.ratio([1, 6, 100], [2, 3, 1]) == 3
    assert bench.ratio([1, 3], [1]) == 2
    assert bench.ratio([1], [0]) == float("inf")


def test_table_is_aligned():
    assert bench.table([("a", "b", ""), ("long", "1.0", "x")]) == ["a       b", "long  1.0  x"]


def cells(lines: list[str], start: str) -> list[str]:
    line = next(line for line in lines if line.startswith(start + "  "))
    return line.removeprefix(start).split()


def test_report_gives_medians_minimums_and_ratios():
    lines = bench.report(rounds([5, 7, 60]))
    assert "3 rounds" in lines[1]
    assert cells(lines, "whole build") == ["7.00", "5.00"]
    assert cells(lines, "the nodes' SQL on bare DuckDB") == ["0.50", "0.50"]
    assert cells(lines, "  the rest: start, parse, export, summary") == ["4.00", "2.00"]
    assert cells(lines, "build / dbt parse") == ["3.5", "2.5"]
    assert cells(lines, "nodes / bare DuckDB") == ["6.0", "6.0"]
    assert cells(lines, "export / bare copy") == ["3.0", "3.0"]
    assert cells(lines, "release / build") == ["1.4", "1.4"]
    assert "  longest wait 3.00 ms, without switches 0.50 ms; 3 failures" in lines
    assert cells(lines, "seeds") == ["2", "2.00", "1000.0", "0.20", "100.0"]
    assert cells(lines, "warm build / dbt parse") == ["at", "most", "4.0", "3.5", "met"]


@pytest.mark.parametrize(
    ("build_ratio", "release_ratio", "megabytes", "verdicts"),
    [(4.0, 1.5, 399.9, ["met"] * 3), (4.01, 1.51, 400.0, ["not met"] * 3)],
)
def test_aims_are_met_or_not(build_ratio, release_ratio, megabytes, verdicts):
    lines = bench.aims(build_ratio, release_ratio, megabytes, 0)
    assert ["not met" if "not met" in line else "met" for line in lines[1:]] == verdicts


def test_cold_builds_are_reported():
    assert "261 files" in bench.report(rounds([5], reparsed=261))[-1]
    assert "files" not in bench.report(rounds([5]))[-1]


# Readers of a release


def test_a_gap_and_a_failure_are_noticed(tmp_path):
    for name in ("0001-000000000001", "0002-000000000002"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "warehouse.duckdb").touch()
    (tmp_path / ".work").mkdir()
    releases = Releases(tmp_path)
    releases.point_at(releases.all()[0])
    gaps = bench.measure_gaps(releases)
    assert 0 < gaps.longest < 5
    assert gaps.failures == 0
    with bench.Opening(releases) as opening:
        releases.link.unlink()
        time.sleep(0.1)
        releases.point_at(releases.all()[0])
    assert opening.failures > 0
    assert opening.longest >= 0.1


# Command line


@pytest.mark.parametrize("arguments", [["--repeat", "0"], ["--repeat", "x"], ["--other"]])
def test_wrong_options_are_one_line_and_status_2(arguments, capsys, caplog):
    assert bench.main(arguments) == 2
    [record] = caplog.records
    assert "\n" not in record.getMessage()
    assert "Traceback" not in capsys.readouterr().err


def test_unreadable_results_are_an_error_of_the_user(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        bench.node_times(tmp_path / "run_results.json")
    (tmp_path / "run_results.json").write_text("{")
    with pytest.raises(UserError, match="not JSON"):
        bench.node_times(tmp_path / "run_results.json")

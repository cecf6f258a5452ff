"""The benchmarks: they run to the end and print their tables; wrong options are one line."""

from __future__ import annotations

import re

import pytest

import cli
from verification import bench_scale

pytestmark = pytest.mark.slow


def printed(capsys, *arguments: str) -> list[str]:
    """Run a command, and return the lines that it prints."""
    assert cli.main(list(arguments)) == 0
    return capsys.readouterr().out.splitlines()


def test_one_run_prints_every_time_and_ratio(capsys):
    lines = printed(capsys, "bench", "--runs", "1")
    found = {line[2:28].rstrip(): float(line[28:36]) for line in lines if line.startswith("  ")}
    assert min(found.values()) > 0
    assert found["warm build"] > found["its nodes"] > found["their SQL on bare DuckDB"]
    for ratio, above, below in [
        ("warm build / dbt parse", "warm build", "dbt parse"),
        ("nodes / bare DuckDB", "its nodes", "their SQL on bare DuckDB"),
        ("export / bare copy", "export", "bare copy"),
    ]:
        assert found[ratio] == pytest.approx(found[above] / found[below], rel=0.2)
    assert all(re.search(r"at most [\d.]+: (not )?met$", lines[n]) for n in (8, 12, 13, 14, 16))


def test_copies_of_a_report_build(capsys):
    lines = printed(capsys, "bench", "--reports", "2")
    assert [line[2:26].rstrip() for line in lines[1:4]] == ["the first", "all reports", "copies"]
    assert all(float(line[26:33]) > 0 for line in lines[1:])


def test_models_give_what_the_script_by_hand_gives(capsys, monkeypatch):
    monkeypatch.setattr(bench_scale, "EXHIBITS", (8, 16))
    lines = printed(capsys, "bench-scale", "--sizes", "1000")
    size, models, tests, peak, hand, ratio = lines[1].split()
    assert size == "1,000"
    assert min(map(float, (models, tests, peak, hand, ratio))) > 0
    # A fact that differs, and a check with failures, would be named in the next line.
    assert lines[2].startswith("models and tests against by hand: ")
    assert lines[-1].startswith("build with exhibits, CPU: 8: ")


def test_a_fact_that_differs_is_named(tmp_path):
    paths = [tmp_path / "models.duckdb", tmp_path / "hand.duckdb"]
    for path, schema in zip(paths, ("marts", "by_hand"), strict=True):
        with bench_scale.connect(str(path), 1) as connection:
            connection.execute(f"create schema {schema}")
            for name, value in [("same", "1"), ("other", f"'{schema}'")]:
                connection.execute(f"create table {schema}.{name} as select {value} as value")
    assert bench_scale.differences(*paths) == [
        "other of the models is not that of the script by hand"
    ]


@pytest.mark.parametrize(
    "arguments", [["bench", "--runs", "0"], ["bench", "--other"], ["bench-scale", "--sizes", "x"]]
)
def test_wrong_options_are_one_line_and_status_2(arguments, refused):
    refused(*arguments)

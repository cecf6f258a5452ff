"""Superset's assets fit the marts, and their metrics add up only what adds up."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import cli
from conftest import Built, alter
from servers.assets import SPECIFICATION, write_assets
from warehouse.manifest import Mart, read_marts
from warehouse.project import UserError

DATASETS = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))["datasets"]
EXCLUSIVE = ["coercion_approach_counts", "misrepresentation_types", "enticement_types"]
# Metrics that add rows up: parts that exclude one another, and the discrepancies themselves.
ADDS_UP = {
    ("fct_sentence_by_inducement_use", "offender_count"),
    ("fct_victim_count_buckets", "offender_count"),
    ("rpt_discrepancies", "discrepancy_count"),
    *(
        (f"fct_{name}", f"offender_count{end}")
        for name in EXCLUSIVE
        for end in ("", "_low", "_high")
    ),
}
# Metrics that are no column of their own.
SHOWN = {"percent": "coalesce(published_percent, recomputed_percent)"}


@pytest.fixture(scope="module")
def marts(built: Built) -> dict[str, Mart]:
    return {mart.name: mart for mart in read_marts(built.manifest)}


@pytest.fixture(scope="module")
def datasets(marts: dict[str, Mart]) -> dict[str, dict[str, Any]]:
    return {
        asset["table_name"]: asset
        for path, asset in write_assets(marts).items()
        if path.startswith("datasets/")
    }


@pytest.fixture(scope="module")
def connection(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


def test_exposures_name_what_reads_the_marts(built: Built, marts: dict[str, Mart]) -> None:
    manifest = json.loads(built.manifest.read_text(encoding="utf-8"))
    exposures = {
        exposure["name"]: {
            manifest["nodes"][node]["alias"] for node in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
    }
    assert exposures["superset_dashboard"] == DATASETS.keys()
    printed = exposures["exhibits_as_printed"]
    assert exposures["exports"] == exposures["pages"] == marts.keys() - printed
    assert printed == {name for name in marts if name.startswith("rpt_ussc_")}


@pytest.mark.parametrize("table", DATASETS)
def test_metrics_add_up_only_what_adds_up(
    connection: duckdb.DuckDBPyConnection, datasets: dict[str, dict[str, Any]], table: str
) -> None:
    def one(expression: str, rows: str = table) -> Any:
        [(value,)] = connection.execute(f"select {expression} from {rows}").fetchall()
        return value

    assert datasets[table]["extra"] == {"disallow_adhoc_metrics": True}
    assert one("count(*)") > 1
    # Every row twice, under two fiscal years.
    other_year = f"select * replace (fiscal_year - 1 as fiscal_year) from {table}"
    two_years = f"(from {table} union all {other_year})"
    columns = [column["column_name"] for column in datasets[table]["columns"]]
    key = "category_key" if "category_key" in columns else "fiscal_year"
    for metric in datasets[table]["metrics"]:
        name, expression = metric["metric_name"], metric["expression"]
        if (table, name) in ADDS_UP:
            summed = "count(*)" if name == "discrepancy_count" else f"sum({name})"
            is_open = "offender" in name and one(f"count(*) filter ({name} is null)")
            assert one(expression) == (None if is_open else one(summed)), name
            continue
        assert one(expression, two_years) is None, name
        if name.startswith("population_"):
            assert one(expression) == one(f"any_value({name})"), name
        else:
            assert one(expression) is None, name
            grouped = f"select {key}, {expression} from {table} group by all order by all"
            single = f"select {key}, {SHOWN.get(name, name)} from {table} order by all"
            shown = connection.execute(grouped).fetchall()
            assert shown == connection.execute(single).fetchall(), name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("titles: {label: Type of enticement}", "titles: {lable: Type}",
         "fct_enticement_types of the warehouse has no lable"),
        ("  fct_enticement_types:\n    titles", "  fct_enticements:\n    titles",
         "the warehouse has no fct_enticements"),
        ("parts: [offender_count, offender_count_low", "parts: [offenders, offender_count_low",
         "fct_coercion_approach_counts of the warehouse has no offenders"),
        ("bars: {metric: percent, by", "bars: {metric: per_cent, by",
         "the dataset fct_victim_count_buckets has no per_cent"),
        ("by: fiscal_year, axis: Offenders", "by: year, axis: Offenders",
         "the dataset fct_offenders_by_fiscal_year has no year"),
        ("order_by: discrepancy_id", "order_by: sort_order",
         "the dataset rpt_discrepancies has no sort_order"),
        ("filter: {column: inducement_id", "filter: {column: inducement",
         "the dataset fct_sentence_by_inducement has no inducement:"),
        ("victims: 5, victims_table: 7", "victims: 5, victim_table: 7",
         "the list of charts has no victim_table"),
        (", victims_table: 7", "", "the dashboard has to show each chart once: victims_table"),
        ("excluded: [offenders_by_fiscal_year, ", "excluded: [offenders, ",
         "the list of charts has no offenders"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    marts: dict[str, Mart], tmp_path: Path, old: str, new: str, said: str
) -> None:
    specification = tmp_path / "dashboard.yaml"
    specification.write_bytes(SPECIFICATION.read_bytes())
    alter(specification, old, new)
    with pytest.raises(UserError) as refused:
        write_assets(marts, specification)
    assert str(refused.value).startswith(said)


def test_a_new_chart_has_an_id_that_stays(marts: dict[str, Mart], tmp_path: Path) -> None:
    specification = tmp_path / "dashboard.yaml"
    specification.write_bytes(SPECIFICATION.read_bytes())
    alter(specification, "  victims: 2b19ccb4-4297-5082-b0ac-4d37a51c2204\n", "")
    ids = {
        write_assets(marts, given)["charts/victims.yaml"]["uuid"]
        for given in (specification, specification, SPECIFICATION)
    }
    assert len(ids) == 2


def test_bad_input_is_one_line(
    built: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "warehouse.duckdb"

    def said(warehouse: Path, port: int | str) -> str:
        options = ["--warehouse", str(warehouse), "--port", str(port)]
        assert cli.main(["superset", *options, "--home", str(tmp_path / "home")]) == 2
        [line] = capsys.readouterr().err.splitlines()
        return line.removeprefix("superset: ")

    advice = "run make release first, or name another file"
    assert said(missing, 8088) == f"there is no {missing}: {advice}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert said(built.warehouse, port) == f"cannot listen on port {port}: name another"
    missing.write_bytes(built.warehouse.read_bytes())
    manifest = tmp_path / "manifest.json"
    advice = "which describes the warehouse: build it anew"
    assert said(missing, 8088) == f"there is no {manifest}, {advice}"
    (tmp_path / "home").write_text("a file")
    assert said(built.warehouse, port) == f"cannot write to {tmp_path / 'home'}: File exists"
    assert said(built.warehouse, "eighty").endswith("is not a valid integer. (see --help)")

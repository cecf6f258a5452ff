"""Superset's assets fit the marts, and their metrics add up only what adds up."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Built, Marts, Refused, alter
from servers.assets import SPECIFICATION, write_assets
from warehouse.manifest import Mart, read_marts
from warehouse.project import UserError

DATASETS = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))["datasets"]
# Metrics that add rows up: parts that exclude one another, and the discrepancies themselves.
ADDS_UP = {
    ("fct_sentence_by_inducement_use", "offender_count"),
    ("fct_victim_count_buckets", "offender_count"),
    ("rpt_discrepancies", "discrepancy_count"),
    *(
        (f"fct_{name}", f"offender_count{end}")
        for name in ("coercion_approach_counts", "misrepresentation_types", "enticement_types")
        for end in ("", "_low", "_high")
    ),
}
# Metrics that are no column of their own.
SHOWN = {"percent": "coalesce(published_percent, recomputed_percent)"}


@pytest.fixture(scope="module")
def described(built: Built) -> dict[str, Mart]:
    return {mart.name: mart for mart in read_marts(built.manifest)}


def test_exposures_name_what_reads_the_marts(built: Built, described: dict[str, Mart]) -> None:
    manifest = json.loads(built.manifest.read_text(encoding="utf-8"))
    exposures = {
        exposure["name"]: {
            manifest["nodes"][node]["alias"] for node in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
    }
    assert exposures["superset_dashboard"] == DATASETS.keys()
    printed = exposures["exhibits_as_printed"]
    assert exposures["exports"] == exposures["pages"] == described.keys() - printed
    assert printed == {name for name in described if name.startswith("rpt_ussc_")}


@pytest.mark.parametrize("table", DATASETS)
def test_measures_are_not_grouped_by_and_metrics_add_up_only_what_adds_up(
    marts: Marts, described: dict[str, Mart], table: str
) -> None:
    def one(expression: str, rows: str = table) -> Any:
        [(value,)] = marts.execute(f"select {expression} from {rows}").fetchall()
        return value

    dataset = write_assets(described)[f"datasets/{table}.yaml"]
    assert dataset["extra"] == {"disallow_adhoc_metrics": True}
    assert one("count(*)") > 1
    # Every row twice, under two fiscal years.
    other_year = f"select * replace (fiscal_year - 1 as fiscal_year) from {table}"
    two_years = f"(from {table} union all {other_year})"
    columns = marts.execute(
        "select column_name, data_type from duckdb_columns()"
        f" where (schema_name, table_name) = ('marts', '{table}') order by column_index"
    ).fetchall()
    assert [
        (column["column_name"], column["type"].replace(" ", ""), column["groupby"])
        for column in dataset["columns"]
    ] == [(name, kind, not kind.startswith(("DECIMAL", "BIGINT"))) for name, kind in columns]
    key = "category_key" if "category_key" in dict(columns) else "fiscal_year"
    for metric in dataset["metrics"]:
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
            shown = marts.execute(grouped).fetchall()
            assert shown == marts.execute(single).fetchall(), name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("label: Type of ent", "lable: Ent", "fct_enticement_types of the warehouse has no lable"),
        ("  fct_enticement_types: {", "  fct_types: {", "the warehouse has no fct_types"),
        ("row: [recomputed_", "row: [", "fct_victim_count_buckets of the warehouse has no percent"),
        ("metric: percent,", "metric: share,", "the dataset fct_victim_count_buckets has no share"),
        ("by: fiscal_year", "by: year", "the dataset fct_offenders_by_fiscal_year has no year"),
        ("order_by: discrepancy_id", "order_by: key", "the dataset rpt_discrepancies has no key"),
        ("column: inducement_id", "column: id", "the dataset fct_sentence_by_inducement has no id"),
        ("groupby: [obs_status]", "groupby: [a]", "the dataset fct_victim_count_buckets has no a"),
        ("victims_table: 7", "victim_map: 7", "the list of charts has no victim_map"),
        (", victims_table: 7", "", "the dashboard has to show each chart once: victims_table"),
        ("excluded: [offenders_by", "excluded: [by", "the list of charts has no by_fiscal_year"),
    ],
)
def test_what_does_not_fit_is_refused(
    described: dict[str, Mart], tmp_path: Path, old: str, new: str, said: str
) -> None:
    specification = tmp_path / "dashboard.yaml"
    specification.write_bytes(SPECIFICATION.read_bytes())
    alter(specification, old, new)
    with pytest.raises(UserError, match=f"^{said}"):
        write_assets(described, specification)


def test_bad_input_is_one_line(built: Built, tmp_path: Path, refused: Refused) -> None:
    missing, home = tmp_path / "warehouse.duckdb", tmp_path / "home"

    def said(warehouse: Path, port: int) -> str:
        options = ["--warehouse", str(warehouse), "--port", str(port), "--home", str(home)]
        return refused("superset", *options)

    advice = "run make release first, or name another file"
    assert said(missing, 8088) == f"there is no {missing}: {advice}"
    missing.write_bytes(built.warehouse.read_bytes())
    manifest, advice = tmp_path / "manifest.json", "which describes the warehouse: build it anew"
    assert said(missing, 8088) == f"there is no {manifest}, {advice}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert said(built.warehouse, port) == f"cannot listen on port {port}: name another"
    home.write_text("a file")
    assert said(built.warehouse, port) == f"cannot write to {home}: File exists"

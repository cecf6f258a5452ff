"""Superset's dashboards follow from the warehouse, and their metrics add nothing up."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from conftest import Built, Marts, Refused
from servers import dashboards
from servers.dashboards import SPECIFICATION, Asset, write_assets
from warehouse.manifest import read_marts

CODE = SPECIFICATION.read_text(encoding="utf-8") + Path(dashboards.__file__).read_text()
DATASETS = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))["datasets"]
SHARES = "fct_category_shares"
ACROSS = "sentencing_warehouse"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def copied(built: Built) -> Iterator[Marts]:
    """A copy of the marts in memory, to be changed."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built.warehouse}' as built (read_only); create schema marts")
        for mart in read_marts(built.manifest):
            connection.execute(f"create table {mart.relation} as from built.{mart.relation}")
        connection.execute("set search_path = 'marts'")
        yield connection


def write(built: Built, marts: Marts) -> dict[str, Asset]:
    return write_assets(read_marts(built.manifest), marts)


def charts_of(assets: dict[str, Asset], dashboard: str) -> list[Asset]:
    """Give the charts of a dashboard, in the order of its layout."""
    position = assets[f"dashboards/{dashboard}.yaml"]["position"].values()
    shown = [item["meta"]["uuid"] for item in position if "chartId" in str(item)]
    return [assets[f"charts/{uuid}.yaml"] for uuid in shown]


def source_of(table: str) -> str:
    return f"({DATASETS[table].get('sql') or f'from {table}'})"


def numbers_of(marts: Marts, table: str, params: dict[str, Any]) -> Rows:
    """Give the rows that a chart is about as they stand, without its metric."""
    filters = [(i["subject"], i["operator"], i["comparator"]) for i in params["adhoc_filters"]]
    values = [value for *_, value in filters if value is not None]
    where = [f"{column} {sign} {'?' if value else ''}" for column, sign, value in filters]
    if params.get("query_mode") == "raw":
        columns = ", ".join(params["all_columns"])
        orders = ", ".join(json.loads(order)[0] for order in params["order_by_cols"])
    else:
        columns = ", ".join([params["x_axis"], *params["groupby"], *params["metrics"]])
        columns, orders = f"distinct {columns}", "all"  # the same number in several reports
    source = f"{source_of(table)} where {' and '.join(['true', *where])}"
    query = f"select {columns} from {source} order by {orders}"
    return marts.execute(query, values).fetchall()


def test_exposures_name_what_reads_the_marts(built: Built) -> None:
    manifest = json.loads(built.manifest.read_text(encoding="utf-8"))
    exposures = {
        exposure["name"]: {
            manifest["nodes"][node]["alias"] for node in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
    }
    marts = {mart.name for mart in read_marts(built.manifest)}
    used = set(re.findall(r"\b(?:dim|fct|rpt)_[a-z_]+", CODE))
    assert exposures["superset_dashboards"] == used
    printed = exposures["exhibits_as_printed"]
    assert exposures["exports"] == exposures["pages"] == marts - printed
    assert printed == {name for name in marts if name.startswith("rpt_ussc_")}


def test_nothing_names_what_reports_are_about(marts: Marts) -> None:
    codes = marts.execute(
        "select report_id from dim_reports union all select population_id from dim_populations"
        " union all select classification_id from dim_classifications"
        " union all select unnest([category_key, category_id, label]) from dim_categories"
    ).fetchall()
    named = {code for (code,) in codes if re.search(rf"\b{re.escape(code)}\b", CODE)}
    assert named == {
        "None",
        "none",
        "one",
        "Other",
        "other",
        "total",
        "age",
    }  # of other meaning here


def test_every_number_is_in_a_chart_of_its_report_whose_title_says_what_adds_up(
    built: Built, marts: Marts
) -> None:
    assets = write(built, marts)
    assert assets == write(built, marts)
    reports = [id_ for (id_,) in marts.execute("select report_id from dim_reports").fetchall()]
    made = {path for path in assets if path.startswith("dashboards/")}
    assert made == {f"dashboards/{name}.yaml" for name in (ACROSS, *reports)}
    for report in reports:
        shown = Counter[str]()
        for chart in charts_of(assets, report):
            if not chart["viz_type"].endswith("bar"):
                continue
            [metric] = chart["params"]["metrics"]
            shown[metric] += len(numbers_of(marts, SHARES, chart["params"]))
            about = {**chart["params"], "x_axis": "list_kind", "groupby": [], "metrics": []}
            (kind,) = max(numbers_of(marts, SHARES, about))
            assert ("overlap" in chart["slice_name"]) == (kind == "overlapping")
            assert ("partial list" in chart["slice_name"]) == (kind == "partial")
        [counts] = marts.execute(
            "select count(published_percent), count(percent_of_category),"
            " count(mean_sentence_months), count(coalesce(published_percent, offender_count))"
            f" from {SHARES} where report_id = ?",
            [report],
        ).fetchall()
        assert shown["percent"] >= counts[0]
        assert (shown["percent_of_category"], shown["mean_sentence_months"]) == counts[1:3]
        assert shown["percent"] + shown["offender_count"] == counts[3]


@pytest.mark.parametrize("table", DATASETS)
def test_metrics_are_numbers_of_one_row_and_measures_are_not_grouped_by(
    built: Built, marts: Marts, table: str
) -> None:
    dataset = write(built, marts)[f"datasets/{table}.yaml"]
    assert dataset["extra"] == {"disallow_adhoc_metrics": True}
    source = source_of(table)
    columns = marts.execute(f"describe {source[1:-1]}").fetchall()
    assert [(c["column_name"], c["type"], c["groupby"]) for c in dataset["columns"]] == [
        (name, kind, not kind.startswith(("DECIMAL", "BIGINT"))) for name, kind, *_ in columns
    ]
    assert all(column["description"] for column in dataset["columns"])
    [mart] = [mart for mart in read_marts(built.manifest) if mart.name == table]
    key = ", ".join(mart.primary_key)
    for metric in dataset["metrics"]:
        name, expression = metric["metric_name"], metric["expression"]
        each = f"select {key}, {expression} from {source} group by all order by all"
        rows = f"select {key}, {name} from {source} order by all"
        assert marts.execute(each).fetchall() == marts.execute(rows).fetchall(), name
        # Two rows of one number: two populations, years or categories, never their sum.
        assert marts.execute(f"select {expression} from {source}").fetchall() == [(None,)], name


def test_a_new_report_has_a_dashboard_of_its_numbers_and_no_chart_is_lost(
    built: Built, copied: Marts
) -> None:
    before = write(built, copied)
    of_old = "report_id = (select min(report_id) from fct_category_shares)"
    for table, new, rows in (
        ("dim_reports", "'new' as report_id", of_old),
        (SHARES, "'new' as report_id", of_old),
        ("fct_population_totals", "1999 as fiscal_year", "fiscal_year = 2023"),
    ):
        rows = f"select * replace ({new}) from {table} where {rows}"
        copied.execute(f"insert into {table} {rows}")
    after = write(built, copied)
    assert before.keys() < after.keys()
    [mean] = [
        metric["expression"]
        for metric in after[f"datasets/{SHARES}.yaml"]["metrics"]
        if metric["metric_name"] == "mean_sentence_months"
    ]
    # Across reports, a number that two print is there once, and not if they differ.
    number = f"select {mean}, count(*) from {SHARES} where category_id = 'coercion'"
    assert copied.execute(number).fetchall() == [(291, 2)]
    copied.execute(f"update {SHARES} set mean_sentence_months = 1 where report_id = 'new'")
    assert copied.execute(number).fetchall() == [(None, 2)]
    [means] = [
        numbers_of(copied, SHARES, chart["params"])
        for chart in charts_of(after, "new")
        if chart["params"].get("metrics") == ["mean_sentence_months"]
    ]
    assert {value for *_, value in means} == {1}


def test_bad_input_is_one_line(built: Built, tmp_path: Path, refused: Refused) -> None:
    other, home = tmp_path / "warehouse.duckdb", tmp_path / "home"

    def said(warehouse: Path, port: int) -> str:
        options = ["--warehouse", str(warehouse), "--port", str(port), "--home", str(home)]
        return refused("superset", *options)

    advice = "run make release first, or name another file"
    assert said(other, 8088) == f"there is no {other}: {advice}"
    other.write_bytes(built.warehouse.read_bytes())
    manifest, advice = tmp_path / "manifest.json", "which describes the warehouse: build it anew"
    assert said(other, 8088) == f"there is no {manifest}, {advice}"
    manifest.write_bytes(built.manifest.read_bytes())
    with duckdb.connect(str(other)) as connection:
        connection.execute("drop table marts.fct_population_totals")
    assert said(other, 8088) == (
        f"{other} cannot be shown: Catalog Error: Table with name fct_population_totals"
        " does not exist!: build it anew, or correct dashboard.yaml"
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert said(built.warehouse, port) == f"cannot listen on port {port}: name another"
    home.write_text("a file")
    assert said(built.warehouse, port) == f"cannot write to {home}: File exists"

"""Superset shows what the marts hold, adds up only what adds up, and opens no file to anybody."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
import yaml

from conftest import PROJECT, Built, need
from servers.superset import ASSETS, main, read_assets
from warehouse.manifest import read_marts
from warehouse.project import UserError

ENVIRONMENT = PROJECT / ".venv-superset"
COERCED = "fct_coercion_approach_counts"
CATEGORIES = {
    "coercion_methods": "fct_coercion_methods",
    "coercion_approach_counts": COERCED,
    "misrepresentation_types": "fct_misrepresentation_types",
    "enticement_types": "fct_enticement_types",
}
# What each chart shows, asked of the marts without Superset.
CHARTS = {
    "offenders_by_fiscal_year": "select fiscal_year, offender_count"
    " from fct_offenders_by_fiscal_year",
    "mean_sentence_by_inducement": "select inducement_label, mean_sentence_months"
    " from fct_sentence_by_inducement",
    "months_above_no_inducement": "select inducement_label, months_above_no_inducement"
    " from fct_sentence_by_inducement where inducement_id <> 'none'",
    "sentence_by_inducement": "select inducement_label, offender_count, population_offender_count,"
    " offender_percent, mean_sentence_months, months_above_no_inducement"
    " from fct_sentence_by_inducement order by sort_order",
    "sentence_by_inducement_use": "select inducement_use_label, offender_count,"
    " population_offender_count, mean_sentence_months, mean_sentence_months_low,"
    " mean_sentence_months_high, obs_status from fct_sentence_by_inducement_use"
    " order by sort_order",
    "victims": "select bucket_label, obs_status, coalesce(published_percent, recomputed_percent)"
    " from fct_victim_count_buckets",
    "victims_table": "select bucket_label, offender_count, population_offender_count,"
    " published_percent, recomputed_percent, obs_status from fct_victim_count_buckets"
    " order by sort_order",
    "discrepancies": "select exhibit_title, locator, row_label, printed_value, consistent_values,"
    " explanation from rpt_discrepancies order by discrepancy_id",
    **{name: f"select label, published_percent from {mart}" for name, mart in CATEGORIES.items()},
    **{
        f"{name}_table": "select label, published_percent, population_offender_count,"
        f" offender_count_low, offender_count_high, offender_count_status from {mart}"
        " order by sort_order"
        for name, mart in CATEGORIES.items()
    },
}
# Tables, which show their rows in order.
ORDERED = {
    "sentence_by_inducement",
    "sentence_by_inducement_use",
    "discrepancies",
    *(name for name in CHARTS if name.endswith("_table")),
}
# Charts that the dashboard's filter on the fiscal year leaves alone.
ALL_YEARS = {"offenders_by_fiscal_year", "discrepancies"}
# Metrics that add rows up: parts that exclude one another, and the discrepancies themselves.
ADDS_UP = {
    ("fct_sentence_by_inducement_use", "offender_count"),
    ("fct_victim_count_buckets", "offender_count"),
    ("rpt_discrepancies", "discrepancy_count"),
    *(
        (mart, f"offender_count{bound}")
        for mart in CATEGORIES.values()
        if mart != "fct_coercion_methods"
        for bound in ("", "_low", "_high")
    ),
}
# Metrics that are no column of their own.
SHOWN = {"percent": "coalesce(published_percent, recomputed_percent)"}


def _assets(kind: str) -> dict[str, dict[str, Any]]:
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((ASSETS / kind).glob("*.yaml"))
    }


# Assets


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(built.warehouse), read_only=True)
    connection.execute("use marts")
    yield connection
    connection.close()


def test_exposure_names_the_dashboards_datasets(built: Built) -> None:
    manifest = json.loads(built.manifest.read_text(encoding="utf-8"))
    exposures = {
        exposure["name"]: {
            manifest["nodes"][node]["alias"] for node in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
    }
    all_marts = {mart.name for mart in read_marts(built.manifest)}
    assert exposures["superset_dashboard"] == _assets("datasets").keys()
    printed = exposures["exhibits_as_printed"]
    assert exposures["exports"] == exposures["pages"] == all_marts - printed
    assert printed == {name for name in all_marts if name.startswith("rpt_ussc_")}


def test_dashboard_shows_every_chart_and_every_dataset_has_one() -> None:
    (dashboard,) = _assets("dashboards").values()
    charts, datasets = _assets("charts"), _assets("datasets")
    shown = [item for item in dashboard["position"].values() if "uuid" in str(item)]
    shown = [item["meta"] for item in shown if item["type"] == "CHART"]
    assert sorted(meta["uuid"] for meta in shown) == sorted(c["uuid"] for c in charts.values())
    assert len({meta["chartId"] for meta in shown}) == len(shown)
    of_datasets = {chart["dataset_uuid"] for chart in charts.values()}
    assert of_datasets == {dataset["uuid"] for dataset in datasets.values()}
    assert charts.keys() == CHARTS.keys()


def test_charts_use_metrics_and_columns_that_the_dataset_has(built: Built) -> None:
    columns = {mart.name: {c.name for c in mart.columns} for mart in read_marts(built.manifest)}
    datasets = {dataset["uuid"]: dataset for dataset in _assets("datasets").values()}
    for name, chart in _assets("charts").items():
        dataset, params = datasets[chart["dataset_uuid"]], chart["params"]
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        own = columns[dataset["table_name"]]
        assert set(params.get("metrics", [])) <= metrics, name
        used = [*params.get("groupby", []), *params.get("all_columns", [])]
        used += [params["x_axis"]] if "x_axis" in params else []
        used += [item["subject"] for item in params["adhoc_filters"]]
        used += [json.loads(order)[0] for order in params.get("order_by_cols", [])]
        assert set(used) <= own, name


@pytest.mark.parametrize("table", _assets("datasets"))
def test_metrics_add_up_only_what_adds_up(marts: duckdb.DuckDBPyConnection, table: str) -> None:
    dataset = _assets("datasets")[table]
    assert dataset["extra"] == {"disallow_adhoc_metrics": True}
    (rows,) = marts.execute(f"select count(*) from {table}").fetchone()
    assert rows > 1
    for metric in dataset["metrics"]:
        name, expression = metric["metric_name"], metric["expression"]
        (over_all,) = marts.execute(f"select {expression} from {table}").fetchone()
        # Two years in one group: every row twice, under two fiscal years.
        two_years = f"(from {table} union all select * replace (fiscal_year - 1 as fiscal_year)"
        two_years = "" if table == "rpt_discrepancies" else f"{two_years} from {table})"
        if (table, name) in ADDS_UP:
            summed = "count(*)" if name == "discrepancy_count" else f"sum({name})"
            open_counts = f"select count(*) from {table} where {name} is null"
            has_open = "offender" in name and marts.execute(open_counts).fetchone()[0]
            (expected,) = marts.execute(f"select {summed} from {table}").fetchone()
            assert over_all == (None if has_open else expected), name
        elif name.startswith("population_"):
            (expected,) = marts.execute(f"select any_value({name}) from {table}").fetchone()
            assert over_all == expected, name
            assert marts.execute(f"select {expression} from {two_years}").fetchone() == (None,)
        else:
            assert over_all is None, name
            column = SHOWN.get(name, name)
            key = "category_key" if "category_key" in _columns(marts, table) else "fiscal_year"
            grouped = f"select {key}, {expression} from {table} group by all order by all"
            single = f"select {key}, {column} from {table} order by all"
            assert marts.execute(grouped).fetchall() == marts.execute(single).fetchall(), name
            assert marts.execute(f"select {expression} from {two_years}").fetchone() == (None,)


def _columns(marts: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [column[0] for column in marts.execute(f"from {table} limit 0").description]


def test_datasets_that_do_not_fit_the_warehouse_are_refused(built: Built, tmp_path: Path) -> None:
    by_name = {mart.name: mart for mart in read_marts(built.manifest)}
    fewer = {name: mart for name, mart in by_name.items() if name != COERCED}
    with pytest.raises(UserError, match=f"the warehouse has no {COERCED}"):
        read_assets(fewer)
    shutil.copytree(ASSETS / "datasets", tmp_path / "datasets")
    path = tmp_path / "datasets" / f"{COERCED}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("column_name: label", "column_name: lable"), encoding="utf-8")
    with pytest.raises(UserError, match=f"{COERCED} of the warehouse has no lable"):
        read_assets(by_name, tmp_path)


def test_bad_input_is_one_line(
    built: Built, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = ["--home", str(tmp_path / "home")]
    missing = tmp_path / "warehouse.duckdb"
    assert main(["--warehouse", str(missing), "--port", "8088", *home]) == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        taken_port = taken.getsockname()[1]
        assert main(["--warehouse", str(built.warehouse), "--port", str(taken_port), *home]) == 2
    shutil.copy(built.warehouse, missing)
    assert main(["--warehouse", str(missing), "--port", "8088", *home]) == 2
    (tmp_path / "home").write_text("a file")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert main(["--warehouse", str(built.warehouse), "--port", str(port), *home]) == 2
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        f"superset: there is no {missing}: run make release first, or name another file",
        f"superset: cannot listen on port {taken_port}: name another",
        f"superset: there is no {tmp_path / 'manifest.json'}, which describes the warehouse:"
        " build it anew",
        f"superset: cannot write to {tmp_path / 'home'}: File exists",
    ]


# Server


@dataclass(frozen=True)
class Served:
    """A running Superset, and an administrator who has logged in."""

    url: str
    home: Path
    releases: Path
    password: str
    client: requests.Session
    database: int

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        return self.client.request(method, self.url + path, json=body, timeout=60)

    def sql(self, text: str) -> requests.Response:
        body = {"database_id": self.database, "sql": text, "runAsync": False, "queryLimit": 100}
        return self.call("POST", "/api/v1/sqllab/execute/", body)


def _publish(releases: Path, number: int, built: Built, change: str | None = None) -> Path:
    """Make a release of the build as the release script does: a folder, then the link to it."""
    release = releases / f"{number:04d}-test"
    release.mkdir(parents=True)
    shutil.copy(built.warehouse, release / "warehouse.duckdb")
    shutil.copy(built.manifest, release / "manifest.json")
    if change:
        with duckdb.connect(str(release / "warehouse.duckdb")) as connection:
            connection.execute(change)
    link = releases / ".current"
    link.symlink_to(release.name)
    link.replace(releases / "current")
    return release


@contextmanager
def _started(releases: Path, home: Path, *options: str) -> Iterator[tuple[str, list[str]]]:
    """Start Superset as `make superset` does; give its address and the lines that it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = PROJECT / "scripts" / "cli.py"
    command = [
        ENVIRONMENT / "bin" / "python",
        script,
        "superset",
        "--home",
        home,
        "--port",
        str(port),
    ]
    command += ["--warehouse", releases / "current" / "warehouse.duckdb", *options]
    printed, errors = home.with_suffix(".out"), home.with_suffix(".err")
    with printed.open("w") as output, errors.open("w") as error:
        process = subprocess.Popen(command, stdout=output, stderr=error, cwd=home.parent)
    try:
        until = time.monotonic() + 240
        while "user " not in printed.read_text():
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < until, errors.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", printed.read_text().splitlines()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, errors.read_text()
    finally:
        process.kill()
        process.wait()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def _logged_in(url: str, password: str) -> requests.Session | None:
    client = requests.Session()
    client.headers["Accept"] = "application/json"  # errors too
    body = {"username": "admin", "password": password, "provider": "db", "refresh": False}
    answer = client.post(f"{url}/api/v1/security/login", json=body, timeout=60)
    if answer.status_code != 200:
        return None
    client.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
    token = client.get(f"{url}/api/v1/security/csrf_token/", timeout=60)
    client.headers.update({"X-CSRFToken": token.json()["result"], "Referer": url})
    return client


@pytest.fixture(scope="module")
def served(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    need((ENVIRONMENT / "ready").exists(), "make .venv-superset/ready")
    folder = tmp_path_factory.mktemp("superset")
    releases, home = folder / "releases", folder / "home"
    _publish(releases, 1, built)
    with ExitStack() as stack:
        url, lines = stack.enter_context(_started(releases, home))
        password = next(line.split()[1] for line in lines if line.startswith("password"))
        client = _logged_in(url, password)
        assert client is not None
        found = client.get(f"{url}/api/v1/database/", timeout=60).json()["result"]
        assert [database["database_name"] for database in found] == ["Sentencing Warehouse"]
        yield Served(url, home, releases, password, client, found[0]["id"])


def _all(served: Served, kind: str) -> list[dict[str, Any]]:
    return served.call("GET", f"/api/v1/{kind}/?q=(page_size:100)").json()["result"]


def test_datasets_are_described_as_the_database_describes_them(
    served: Served, marts: duckdb.DuckDBPyConnection
) -> None:
    comments = dict(
        marts.execute("select table_name, comment from duckdb_tables() where schema_name = 'marts'")
        .fetchall()
    )  # fmt: skip
    column_comments = marts.execute(
        "select table_name, column_name, comment, data_type from duckdb_columns()"
        " where schema_name = 'marts'"
    ).fetchall()
    datasets = _all(served, "dataset")
    assert {dataset["table_name"] for dataset in datasets} == _assets("datasets").keys()
    for dataset in datasets:
        details = served.call("GET", f"/api/v1/dataset/{dataset['id']}").json()["result"]
        name = dataset["table_name"]
        assert _words(details["description"]) == _words(comments[name])
        described = {
            column["column_name"]: (_words(column["description"]), column["type"].replace(" ", ""))
            for column in details["columns"]
        }
        assert described == {
            column: (_words(comment), data_type.replace(" ", ""))
            for table, column, comment, data_type in column_comments
            if table == name
        }
        measures = {c["column_name"] for c in details["columns"] if not c["groupby"]}
        assert measures == {
            column
            for table, column, _, data_type in column_comments
            if table == name and data_type.startswith(("DECIMAL", "BIGINT"))
        }


def _words(text: str) -> str:
    return " ".join(text.split())


def _query(served: Served, chart: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run the query of a chart over the API, as the browser does from the chart's settings."""
    params = json.loads(chart["params"])
    raw = params.get("query_mode") == "raw"
    columns = params["all_columns"] if raw else [params["x_axis"], *params["groupby"]]
    filters = [
        {"col": item["subject"], "op": item["operator"], "val": item["comparator"]}
        for item in params["adhoc_filters"]
    ]
    if _asset_name(chart) not in ALL_YEARS:
        filters.append({"col": "fiscal_year", "op": "IN", "val": [2019]})
    query = {
        "columns": columns,
        "metrics": None if raw else params["metrics"],
        "filters": filters,
        "orderby": [json.loads(order) for order in params.get("order_by_cols", [])],
        "row_limit": params["row_limit"],
    }
    source, kind = params["datasource"].split("__")
    body = {"datasource": {"id": int(source), "type": kind}, "queries": [query]}
    answer = served.call("POST", "/api/v1/chart/data", body)
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["result"]
    assert result["error"] is None
    names = [*columns, *(query["metrics"] or [])]
    return [tuple(row[name] for name in names) for row in result["data"]]


def _asset_name(chart: dict[str, Any]) -> str:
    titles = {asset["slice_name"]: name for name, asset in _assets("charts").items()}
    return titles[chart["slice_name"]]


def _as_json(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(float(v) if isinstance(v, Decimal) else v for v in row) for row in rows]


def test_every_chart_shows_the_numbers_of_the_marts(
    served: Served, marts: duckdb.DuckDBPyConnection
) -> None:
    charts = {_asset_name(chart): chart for chart in _all(served, "chart")}
    assert charts.keys() == CHARTS.keys()
    for name, chart in charts.items():
        expected = _as_json(marts.execute(CHARTS[name]).fetchall())
        shown = _query(served, chart)
        assert len(shown) > 1
        if name not in ORDERED:  # bars are put in order in the browser
            shown, expected = sorted(shown), sorted(expected)
        assert shown == expected, name


def test_dashboard_has_the_charts_of_the_repository(served: Served) -> None:
    (dashboard,) = _all(served, "dashboard")
    assert dashboard["slug"] == "sentencing-warehouse"
    charts = served.call("GET", "/api/v1/dashboard/sentencing-warehouse/charts").json()["result"]
    assert {chart["slice_name"] for chart in charts} == {
        asset["slice_name"] for asset in _assets("charts").values()
    }
    answer = served.call("GET", "/api/v1/dashboard/sentencing-warehouse").json()["result"]
    (year,) = json.loads(answer["json_metadata"])["native_filter_configuration"]
    excluded = {chart["slice_name"] for chart in charts if chart["id"] in year["scope"]["excluded"]}
    assert excluded == {_assets("charts")[name]["slice_name"] for name in ALL_YEARS}


def test_sql_lab_reads_the_warehouse(served: Served) -> None:
    for table in ("marts.fct_observations", "fct_observations"):
        answer = served.sql(f"select count(*) as n from {table}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"][0]["n"] > 70


# Each is tried with DDL and DML forbidden in the connection's form, and then allowed there.
REFUSED = [
    "select * from read_text('{outside}')",
    "select * from read_blob('{warehouse}')",
    "select * from read_csv('{outside}')",
    "select * from read_json('{outside}')",
    "select * from read_parquet('{outside}')",
    "select * from read_duckdb('{warehouse}')",
    "select * from sniff_csv('{outside}')",
    "select * from '{outside}'",
    "from '{outside}'",
    "select * from glob('{folder}/*')",
    "select * from query('select * from read_text(''{outside}'')')",
    "select 1; select * from read_text('{outside}')",
    "select * from sqlite_scan('{home}/superset.db', 'ab_user')",
    "copy (select 1) to '{folder}/out.csv'",
    "copy (select 1) to '{warehouse}' (format csv, use_tmp_file false)",
    "copy (select 1) to '{warehouse}.wal' (format csv)",
    "copy (select 1) to '{warehouse}.tmp/out.csv'",
    "copy marts.dim_rules from '{outside}'",
    "explain analyze copy (select 1) to '{folder}/out.csv'",
    "prepare p as copy (select 1) to '{folder}/out.csv'",
    "export database '{folder}/exported'",
    "import database '{folder}'",
    "attach '{folder}/other.duckdb' as other",
    "attach '{warehouse}' as other (read_only false)",
    "attach ':memory:' as other",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set disabled_filesystems = ''",
    "set lock_configuration = false",
    "reset enable_external_access",
    "pragma enable_external_access = true",
    "call enable_logging(storage = 'file', storage_config = {{'path': '{folder}/log'}})",
    "create persistent secret s (type http, bearer_token 'x')",
    "create table marts.t as select 1 as i",
    "create view marts.v as select 1 as i",
    "drop table marts.dim_rules",
    "insert into marts.dim_rules select * from marts.dim_rules",
    "update marts.dim_rules set rule_id = 'x'",
    "delete from marts.dim_rules",
    "alter table marts.dim_rules add column i integer",
    "comment on table marts.dim_rules is 'x'",
    "select getenv('HOME')",
]


@contextmanager
def _nothing_written(folder: Path) -> Iterator[None]:
    def state() -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    before = state()
    yield
    assert state() == before


def _try_each(served: Served) -> None:
    release = (served.releases / "current").resolve()
    outside = served.releases.parent / "outside.csv"
    outside.write_text("a,b\n1,2\n")
    places = {
        "outside": outside,
        "folder": release,
        "warehouse": release / "warehouse.duckdb",
        "home": served.home,
    }
    with _nothing_written(served.releases):
        for statement in REFUSED:
            answer = served.sql(statement.format(**places))
            assert answer.status_code in (422, 500), (statement, answer.text)
            messages = " ".join(error["message"] for error in answer.json()["errors"])
            assert re.search(REASONS, messages), (statement, messages)


# Refused for what it does, not for a mistake in how it is tried.
REASONS = (
    "Permission Error|configuration has been locked|does not allow for DDL/DML|read-only mode"
    "|Error parsing|does not exist|LocalFileSystem has been disabled|external extensions"
)


def test_sql_lab_refuses_to_write_and_to_read_files(served: Served) -> None:
    _try_each(served)


def test_an_administrator_cannot_open_the_connection_wider(served: Served) -> None:
    path = f"/api/v1/database/{served.database}"
    opened = {
        "allow_dml": True,
        "allow_ctas": True,
        "allow_cvas": True,
        "allow_file_upload": True,
        "extra": json.dumps(
            {
                "engine_params": {
                    "connect_args": {"read_only": False, "config": {"enable_external_access": True}}
                },
                "schemas_allowed_for_file_upload": ["marts"],
            }
        ),
    }
    answer = served.call("PUT", path, opened)
    assert answer.status_code == 200, answer.text
    _try_each(served)
    with _nothing_written(served.releases):
        answer = served.client.post(
            f"{served.url}{path}/upload/",
            data={"type": "csv", "table_name": "uploaded", "schema": "marts"},
            files={"file": ("x.csv", "a\n1\n")},
            timeout=60,
        )
        assert answer.status_code >= 400, answer.text
        assert "read-only mode" in answer.text or "not allowed" in answer.text, answer.text


@pytest.mark.parametrize(
    "uri",
    [
        "duckdb:///:memory:",
        "duckdb:///{warehouse}",
        "duckdb:///{folder}/new.duckdb",
        "duckdb:///sentencing_warehouse?access_mode=read_write",
        "sqlite:///{home}/superset.db",
        "postgresql://somebody@127.0.0.1/postgres",
        "superset://",
        "shillelagh+safe://",
    ],
)
def test_no_other_database_can_be_connected(served: Served, uri: str) -> None:
    release = (served.releases / "current").resolve()
    uri = uri.format(warehouse=release / "warehouse.duckdb", folder=release, home=served.home)
    body = {"sqlalchemy_uri": uri, "database_name": "another"}
    with _nothing_written(served.releases):
        tried = served.call("POST", "/api/v1/database/test_connection/", body)
        made = served.call("POST", "/api/v1/database/", body)
    assert tried.status_code in (400, 422), tried.text
    assert made.status_code == 422, made.text
    assert re.search("sentencing warehouse only|for security reasons", tried.text), tried.text
    assert len(_all(served, "database")) == 1


def test_nothing_is_open_without_logging_in(served: Served) -> None:
    anonymous = requests.Session()
    for path in ("/api/v1/dashboard/sentencing-warehouse", "/api/v1/chart/", "/api/v1/database/"):
        answer = anonymous.get(served.url + path, timeout=60, allow_redirects=False)
        # Lists answer those who have not logged in with nothing in them.
        assert answer.status_code in (401, 404), (path, answer.text)
    for path in ("/api/v1/chart/data", "/api/v1/sqllab/execute/"):
        answer = anonymous.post(served.url + path, json={}, timeout=60, allow_redirects=False)
        assert answer.status_code in (302, 400, 401), (path, answer.text)
        assert "result" not in answer.text
    page = anonymous.get(f"{served.url}/superset/dashboard/sentencing-warehouse/", timeout=60)
    assert "/login/" in page.url
    assert _logged_in(served.url, "admin") is None


def test_pages_talk_to_superset_alone(served: Served) -> None:
    elsewhere = {"Origin": "https://tile.openstreetmap.org"}  # which Superset trusts by default
    answer = requests.get(f"{served.url}/login/", headers=elsewhere, timeout=60)
    policy = answer.headers["Content-Security-Policy"]
    sources = {word for part in policy.split(";") for word in part.split()[1:]}
    assert not [source for source in sources if "." in source or "http" in source], policy
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]


def test_it_listens_on_this_machine_alone(served: Served) -> None:
    port = int(served.url.rsplit(":", 1)[1])
    with socket.socket() as probe:
        # A server on all addresses would answer on every address of the loopback network.
        assert probe.connect_ex(("127.0.0.2", port)) != 0


def test_secrets_are_kept_from_others(served: Served) -> None:
    assert served.home.stat().st_mode & 0o777 == 0o700
    assert (served.home / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (served.home / "superset.db").stat().st_mode & 0o077 == 0
    for path in served.home.rglob("*"):
        assert not path.is_file() or served.password.encode() not in path.read_bytes(), path


def test_a_release_is_seen_at_the_next_query_while_the_dashboard_is_open(
    served: Served, built: Built
) -> None:
    chart = next(c for c in _all(served, "chart") if _asset_name(c) == "offenders_by_fiscal_year")
    old = _query(served, chart)
    new = [(year, count + 1) for year, count in old]
    seen: list[list[tuple[Any, ...]]] = []
    failed: list[BaseException] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                seen.append(_query(served, chart))
            except BaseException as error:
                failed.append(error)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        _wait(lambda: len(seen) >= 6)
        change = "update marts.fct_offenders_by_fiscal_year set offender_count = offender_count + 1"
        release = _publish(served.releases, 2, built, change)
        assert _query(served, chart) == new
        shutil.rmtree(release.with_name("0001-test"))
        assert _query(served, chart) == new
        before = len(seen)
        _wait(lambda: len(seen) >= before + 6)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failed == []
    assert [rows for rows in seen if rows not in (old, new)] == []
    assert seen[0] == old
    assert seen[-1] == new
    answer = served.sql("select sum(offender_count) as n from fct_offenders_by_fiscal_year")
    assert answer.json()["data"][0]["n"] == sum(count for _, count in new)


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_second_start_keeps_what_superset_has_and_restores_the_assets(served: Served) -> None:
    altered = {"allow_dml": True, "allow_file_upload": True}
    answer = served.call("PUT", f"/api/v1/database/{served.database}", altered)
    assert answer.status_code == 200, answer.text
    # In a copy, since the first server still runs.
    home = served.home.with_name("second")
    shutil.copytree(served.home, home)
    with _started(served.releases, home, "--reset-password") as (url, lines):
        new = next(line.split()[1] for line in lines if line.startswith("password"))
        assert _logged_in(url, served.password) is None
        client = _logged_in(url, new)
        assert client is not None
        (database,) = client.get(f"{url}/api/v1/database/", timeout=60).json()["result"]
        assert database["allow_dml"] is False
        assert database["allow_file_upload"] is False
        assert client.get(f"{url}/api/v1/chart/", timeout=60).json()["count"] == len(CHARTS)
    assert (home / "secret_key").read_bytes() == (served.home / "secret_key").read_bytes()

"""Superset shows what the marts hold, and opens no file to anybody."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
import yaml

from conftest import (
    CLI,
    PROJECT,
    Built,
    Marts,
    free_port,
    listens_beyond_this_machine,
    need,
    wait_for,
)
from exported import contents
from servers.assets import SPECIFICATION

pytestmark = pytest.mark.integration

ENVIRONMENT = PROJECT / ".venv-superset"
SPEC = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))
NAMES = {chart["title"]: name for name, chart in SPEC["charts"].items()}
# What a chart shows where it is more than columns of its mart, asked without Superset.
QUERIES = {
    "months_above_no_inducement": "select inducement_label, months_above_no_inducement"
    " from fct_sentence_by_inducement where inducement_id <> 'none'",
    "victims": "select bucket_label, obs_status, coalesce(published_percent, recomputed_percent)"
    " from fct_victim_count_buckets",
}
# Charts that the dashboard's filter on the fiscal year leaves alone.
BY_YEAR = "offenders_by_fiscal_year"
ALL_YEARS = {BY_YEAR, "discrepancies"}


@dataclass(frozen=True)
class Served:
    """A running Superset, and its administrator, logged in."""

    url: str
    home: Path
    releases: Path
    password: str
    client: requests.Session
    database: int

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.client.request(method, self.url + path, json=body, timeout=60)

    def all(self, kind: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/api/v1/{kind}/?q=(page_size:100)").json()["result"])

    def sql(self, text: str) -> requests.Response:
        body = {"database_id": self.database, "sql": text, "runAsync": False}
        return self.call("POST", "/api/v1/sqllab/execute/", body)


def _publish(releases: Path, number: int, built: Built, change: str | None = None) -> Path:
    """Make a release of the build as the release script does: a folder, then the link to it."""
    release = releases / f"{number:04d}-test"
    release.mkdir(parents=True)
    for file in (built.warehouse, built.manifest):
        shutil.copyfile(file, release / file.name)
    if change:
        with duckdb.connect(str(release / "warehouse.duckdb")) as connection:
            connection.execute(change)
    link = releases / ".current"
    link.symlink_to(release.name)
    link.replace(releases / "current")
    return release


@contextmanager
def _started(releases: Path, home: Path, *options: str) -> Iterator[tuple[str, str]]:
    """Start Superset as `make superset` does; give its address and the password it printed."""
    port = free_port()
    command: list[str | Path] = [ENVIRONMENT / "bin" / "python", CLI, "superset"]
    command += ["--warehouse", releases / "current" / "warehouse.duckdb"]
    command += ["--home", home, "--port", str(port), *options]
    printed, errors = home.with_suffix(".out"), home.with_suffix(".err")
    with printed.open("w") as output, errors.open("w") as error:
        process = subprocess.Popen(command, stdout=output, stderr=error, cwd=home.parent)
    try:
        wait_for(process, errors, lambda: "user " in printed.read_text())
        [password] = re.findall(r"password +(\S+)", printed.read_text())
        yield f"http://127.0.0.1:{port}", password
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, errors.read_text()
    finally:
        process.kill()
        process.wait()


def _logged_in(url: str, password: str) -> requests.Session | None:
    client = requests.Session()
    client.headers["Accept"] = "application/json"  # errors too
    body: Any = {"username": "admin", "password": password, "provider": "db", "refresh": False}
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
    with _started(releases, home) as (url, password):
        client = _logged_in(url, password)
        assert client is not None
        found = client.get(f"{url}/api/v1/database/", timeout=60).json()["result"]
        assert [database["database_name"] for database in found] == ["Sentencing Warehouse"]
        yield Served(url, home, releases, password, client, found[0]["id"])


def _query(served: Served, chart: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run the query of a chart over the API, as the browser does from the chart's settings."""
    params = json.loads(chart["params"])
    raw = params.get("query_mode") == "raw"
    columns = params["all_columns"] if raw else [params["x_axis"], *params["groupby"]]
    filters = [
        {"col": item["subject"], "op": item["operator"], "val": item["comparator"]}
        for item in params["adhoc_filters"]
    ]
    if NAMES[chart["slice_name"]] not in ALL_YEARS:
        filters.append({"col": "fiscal_year", "op": "IN", "val": [2019]})
    metrics = [] if raw else params["metrics"]
    orders = [json.loads(order) for order in params.get("order_by_cols", [])]
    query = {"columns": columns, "metrics": metrics or None, "filters": filters, "orderby": orders}
    source, kind = params["datasource"].split("__")
    body = {"datasource": {"id": int(source), "type": kind}, "queries": [query]}
    answer = served.call("POST", "/api/v1/chart/data", body)
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["result"]
    assert result["error"] is None
    return [tuple(row[name] for name in [*columns, *metrics]) for row in result["data"]]


def test_every_chart_shows_the_numbers_of_the_marts(served: Served, marts: Marts) -> None:
    charts = {NAMES[chart["slice_name"]]: chart for chart in served.all("chart")}
    assert charts.keys() == SPEC["charts"].keys()
    for name, chart in charts.items():
        given = SPEC["charts"][name]
        bars = given.get("bars")
        columns = [bars["by"], bars["metric"]] if bars else given["table"]
        query = QUERIES.get(name) or f"select {', '.join(columns)} from {given['dataset']}"
        # The browser puts bars in order.
        query += " order by all" if bars else f" order by {given.get('order_by', 'sort_order')}"
        expected = [
            tuple(float(value) if isinstance(value, Decimal) else value for value in row)
            for row in marts.execute(query).fetchall()
        ]
        shown = _query(served, chart)
        assert len(shown) > 1
        assert (sorted(shown) if bars else shown) == expected, name


def test_dashboard_has_the_charts_of_the_repository(served: Served) -> None:
    datasets = {dataset["table_name"] for dataset in served.all("dataset")}
    assert datasets == SPEC["datasets"].keys()
    charts = served.call("GET", "/api/v1/dashboard/sentencing-warehouse/charts").json()["result"]
    names = {chart["id"]: NAMES[chart["slice_name"]] for chart in charts}
    assert set(names.values()) == SPEC["charts"].keys()
    answer = served.call("GET", "/api/v1/dashboard/sentencing-warehouse").json()["result"]
    laid_out = json.loads(answer["position_json"]).values()
    shown = [item["meta"]["chartId"] for item in laid_out if "chartId" in str(item)]
    assert sorted(shown) == sorted(names)
    (year,) = json.loads(answer["json_metadata"])["native_filter_configuration"]
    assert {names[chart] for chart in year["scope"]["excluded"]} == ALL_YEARS


def test_sql_lab_reads_the_warehouse(served: Served) -> None:
    for table in ("marts.fct_observations", "fct_observations"):
        answer = served.sql(f"select count(*) as n from {table}").json()
        assert answer["data"][0]["n"] > 70, answer


# Each is tried with DDL and DML forbidden in the connection's form, and then allowed there.
REFUSED = Path(__file__).with_name("refused_by_superset.txt").read_text().splitlines()


def _places(served: Served) -> dict[str, Path]:
    folder = (served.releases / "current").resolve()
    return {"folder": folder, "warehouse": folder / "warehouse.duckdb", "home": served.home}


# Refused for what it does, not for a mistake in how it is tried.
REASONS = (
    "Permission Error|configuration has been locked|does not allow for DDL/DML|read-only mode"
    "|Error parsing|does not exist|LocalFileSystem has been disabled|external extensions"
)


@pytest.mark.parametrize("opened", [False, True], ids=["as_imported", "opened_by_administrator"])
def test_sql_lab_refuses_to_write_and_to_read_files(served: Served, opened: bool) -> None:
    path = f"/api/v1/database/{served.database}"
    if opened:
        arguments = {"read_only": False, "config": {"enable_external_access": True}}
        extra: dict[str, Any] = {"engine_params": {"connect_args": arguments}}
        extra |= {"schemas_allowed_for_file_upload": ["marts"]}
        allowed = ("allow_dml", "allow_ctas", "allow_cvas", "allow_file_upload")
        body = dict.fromkeys(allowed, True) | {"extra": json.dumps(extra)}
        answer = served.call("PUT", path, body)
        assert answer.status_code == 200, answer.text
    outside = served.releases.parent / "outside.csv"
    outside.write_text("a,b\n1,2\n")
    before = contents(served.releases)
    for statement in REFUSED:
        answer = served.sql(statement.format(**_places(served), outside=outside))
        assert answer.status_code in (422, 500), (statement, answer.text)
        messages = " ".join(error["message"] for error in answer.json()["errors"])
        assert re.search(REASONS, messages), (statement, messages)
    answer = served.client.post(
        f"{served.url}{path}/upload/",
        data={"type": "csv", "table_name": "uploaded", "schema": "marts"},
        files={"file": ("x.csv", "a\n1\n")},
        timeout=60,
    )
    assert answer.status_code >= 400, answer.text
    assert "read-only mode" in answer.text or "not allowed" in answer.text, answer.text
    assert contents(served.releases) == before


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
    body = {"sqlalchemy_uri": uri.format(**_places(served)), "database_name": "another"}
    before = contents(served.releases)
    tried = served.call("POST", "/api/v1/database/test_connection/", body)
    made = served.call("POST", "/api/v1/database/", body)
    assert contents(served.releases) == before
    assert tried.status_code in (400, 422), tried.text
    assert made.status_code == 422, made.text
    assert re.search("sentencing warehouse only|for security reasons", tried.text), tried.text
    assert len(served.all("database")) == 1


def test_nothing_is_open_without_logging_in(served: Served) -> None:
    anonymous = requests.Session()
    for method, path in (
        ("GET", "/api/v1/dashboard/sentencing-warehouse"),
        ("GET", "/api/v1/chart/"),
        ("GET", "/api/v1/database/"),
        ("GET", "/superset/dashboard/sentencing-warehouse/"),
        ("POST", "/api/v1/chart/data"),
        ("POST", "/api/v1/sqllab/execute/"),
    ):
        answer = anonymous.request(
            method, served.url + path, json={}, timeout=60, allow_redirects=False
        )
        assert answer.status_code in (302, 400, 401, 404), (path, answer.text)
        assert "result" not in answer.text
    assert _logged_in(served.url, "admin") is None
    assert not listens_beyond_this_machine(int(served.url.rsplit(":", 1)[1]))


def test_pages_talk_to_superset_alone(served: Served) -> None:
    elsewhere = {"Origin": "https://tile.openstreetmap.org"}  # which Superset trusts by default
    answer = requests.get(f"{served.url}/login/", headers=elsewhere, timeout=60)
    policy = answer.headers["Content-Security-Policy"]
    sources = {word for part in policy.split(";") for word in part.split()[1:]}
    assert not [source for source in sources if "." in source or "http" in source], policy
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]


def test_secrets_are_kept_from_others(served: Served) -> None:
    assert served.home.stat().st_mode & 0o777 == 0o700
    assert (served.home / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (served.home / "superset.db").stat().st_mode & 0o077 == 0
    for path in served.home.rglob("*"):
        assert not path.is_file() or served.password.encode() not in path.read_bytes(), path


def test_a_release_is_seen_at_the_next_query_while_the_dashboard_is_open(
    served: Served, built: Built
) -> None:
    chart = next(c for c in served.all("chart") if NAMES[c["slice_name"]] == BY_YEAR)
    old = _query(served, chart)
    new = [(year, count + 1) for year, count in old]
    change = "update marts.fct_offenders_by_fiscal_year set offender_count = offender_count + 1"
    try:
        with ThreadPoolExecutor(3) as readers:
            queries = [readers.submit(_query, served, chart) for _ in range(20)]
            queries[5].result()
            release = _publish(served.releases, 2, built, change)
            assert _query(served, chart) == new
            shutil.rmtree(release.with_name("0001-test"))
            assert _query(served, chart) == new
            queries += [readers.submit(_query, served, chart) for _ in range(6)]
        seen = [query.result() for query in queries]
    finally:
        # Other tests expect the numbers of the build, in whatever order they run.
        _publish(served.releases, 3, built)
    assert [rows for rows in seen if rows not in (old, new)] == []
    assert (seen[0], seen[-1]) == (old, new)


def test_second_start_keeps_what_superset_has_and_restores_the_assets(served: Served) -> None:
    altered = {"allow_dml": True, "allow_file_upload": True}
    answer = served.call("PUT", f"/api/v1/database/{served.database}", altered)
    assert answer.status_code == 200, answer.text
    # In a copy, since the first server still runs.
    home = served.home.with_name("second")
    shutil.copytree(served.home, home)
    with _started(served.releases, home, "--reset-password") as (url, new):
        assert _logged_in(url, served.password) is None
        client = _logged_in(url, new)
        assert client is not None
        (database,) = client.get(f"{url}/api/v1/database/", timeout=60).json()["result"]
        assert (database["allow_dml"], database["allow_file_upload"]) == (False, False)
        assert client.get(f"{url}/api/v1/chart/", timeout=60).json()["count"] == len(NAMES)
    assert (home / "secret_key").read_bytes() == (served.home / "secret_key").read_bytes()

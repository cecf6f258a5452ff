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

from conftest import CLI, FIXTURES, PROJECT, Built, Marts, need
from exported import contents
from local_servers import free_port, listens_beyond_this_machine, wait_for
from test_superset_assets import ACROSS, Rows, charts_of, numbers_of, write

pytestmark = pytest.mark.integration

ENVIRONMENT = PROJECT / ".venv-superset"
SLUG = ACROSS.replace("_", "-")
# What charts of the first report show, by how their titles begin.
KNOWN: dict[str, dict[str, float]] = {
    "Inducement: Mean sentence (months)": {"Incapacitation": 313, "Coercion": 291, "None": 266},
    "Inducement: Mean sentence above": {"Incapacitation": 47, "Coercion": 25, "None": 0},
    "Number of victims": {
        "One victim": 56.6,
        "More than one victim": 41,
        "Number of victims not stated in the report": 2.3438,
    },
}


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


def _charts(served: Served, slug: str) -> dict[int, dict[str, Any]]:
    """Give the settings of the charts of a dashboard."""
    charts = served.call("GET", f"/api/v1/dashboard/{slug}/charts").json()["result"]
    return {chart["id"]: chart["form_data"] for chart in charts}


def _query(served: Served, params: dict[str, Any]) -> Rows:
    """Run the query of a chart over the API, as the browser does from the chart's settings."""
    raw = params.get("query_mode") == "raw"
    columns = params["all_columns"] if raw else [params["x_axis"], *params["groupby"]]
    filters = [
        {"col": item["subject"], "op": item["operator"], "val": item["comparator"]}
        for item in params["adhoc_filters"]
    ]
    metrics = [] if raw else params["metrics"]
    orders = [json.loads(order) for order in params.get("order_by_cols", [])]
    query = {"columns": columns, "metrics": metrics or None, "filters": filters, "orderby": orders}
    source, kind = params["datasource"].split("__")
    body = {"datasource": {"id": int(source), "type": kind}, "queries": [query]}
    answer = served.call("POST", "/api/v1/chart/data", body)
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["result"]
    assert result["error"] is None
    rows = [tuple(row[name] for name in [*columns, *metrics]) for row in result["data"]]
    return rows if raw else sorted(rows)


def test_every_chart_of_every_dashboard_shows_the_numbers_of_the_marts(
    served: Served, built: Built, marts: Marts
) -> None:
    assets = write(built, marts)
    tables = {item["id"]: item["table_name"] for item in served.all("dataset")}
    known = dict(KNOWN)
    for path, given in assets.items():
        if not path.startswith("dashboards/"):
            continue
        charts = _charts(served, given["slug"])
        answer = served.call("GET", f"/api/v1/dashboard/{given['slug']}").json()["result"]
        laid_out = json.loads(answer["position_json"]).values()
        cells = [item["meta"] for item in laid_out if "chartId" in str(item)]
        assert sorted(cell["chartId"] for cell in cells) == sorted(charts)
        assert len(cells) == len(charts_of(assets, Path(path).stem))
        for cell in cells:
            chart, asset = charts[cell["chartId"]], assets[f"charts/{cell['uuid']}.yaml"]
            title, shown = asset["slice_name"], _query(served, chart)
            source = tables[int(chart["datasource"].split("__")[0])]
            numbers = numbers_of(marts, source, asset["params"])
            assert shown and shown == [
                tuple(float(value) if isinstance(value, Decimal) else value for value in row)
                for row in numbers
            ], title
            for words in [words for words in known if title.startswith(words)]:
                assert known.pop(words).items() <= {row[0]: row[-1] for row in shown}.items()
    assert not known


def test_sql_lab_reads_the_warehouse(served: Served) -> None:
    for table in ("marts.fct_observations", "fct_observations"):
        answer = served.sql(f"select count(*) as n from {table}").json()
        assert answer["data"][0]["n"] > 70, answer


# Each is tried with DDL and DML forbidden in the connection's form, and then allowed there.
REFUSED = (FIXTURES / "refused_by_duckdb.txt").read_text().splitlines()


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
        ("GET", f"/api/v1/dashboard/{SLUG}"),
        ("GET", "/api/v1/chart/"),
        ("GET", "/api/v1/database/"),
        ("GET", f"/superset/dashboard/{SLUG}/"),
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
    charts = _charts(served, SLUG).values()
    [chart] = [chart for chart in charts if chart.get("x_axis") == "fiscal_year"]
    old = _query(served, chart)
    new = [(*row, count + 1) for *row, count in old]
    change = "update marts.fct_population_totals set offender_count = offender_count + 1"
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
        count = client.get(f"{url}/api/v1/chart/", timeout=60).json()["count"]
        assert count == len(served.all("chart"))
    assert (home / "secret_key").read_bytes() == (served.home / "secret_key").read_bytes()

"""Dagster shows the dbt models and tests, runs the release, and records what was released."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from conftest import PROJECT, alter, copy_tracked_files, need
from warehouse.manifest import read_marts

PYTHON = PROJECT / ".venv-dagster" / "bin" / "python"


@dataclass
class Session:
    """A process that has the definitions of a project loaded and runs its job when told to."""

    project: Path
    process: subprocess.Popen[str]
    defined: dict[str, Any]

    @property
    def releases(self) -> Path:
        return self.project / "releases"

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The lines that the alert command was given."""
        path = self.project / "alerts"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def run(self, **options: Any) -> dict[str, Any]:
        self.process.stdin.write(json.dumps({"releases": str(self.releases), **options}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, (self.project / "session.log").read_text()
        return json.loads(answer)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need(PYTHON.exists(), "make .venv-dagster/ready")
    folder = tmp_path_factory.mktemp("dagster") / "project"
    copy_tracked_files(folder)
    return folder


@pytest.fixture(scope="module")
def session(project: Path) -> Iterator[Session]:
    # The messages of Dagster are many.
    with (project / "session.log").open("w") as log:
        process = subprocess.Popen(
            [PYTHON, PROJECT / "tests" / "python" / "dagster_session.py"],
            cwd=project,
            env=os.environ
            | {
                "PYTHONPATH": str(project),
                "WAREHOUSE_ALERT_COMMAND": f"tee -a '{project / 'alerts'}'",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    described = process.stdout.readline()
    assert described, (project / "session.log").read_text()
    yield Session(project, process, json.loads(described))
    process.stdin.close()
    process.wait(timeout=30)


@pytest.fixture(scope="module")
def first(session: Session) -> dict[str, Any]:
    """What Dagster recorded of the first release."""
    done = session.run()
    assert done["success"], (session.project / "session.log").read_text()
    return done


@pytest.fixture(scope="module")
def manifest(first: dict[str, Any], session: Session) -> dict[str, Any]:
    """The dbt manifest of the release."""
    return json.loads((session.releases / "current" / "manifest.json").read_bytes())


@pytest.fixture
def other_script(session: Session) -> Iterator[Path]:
    """The release script, for tests that put another in its place."""
    script = session.project / "scripts" / "publish" / "release.py"
    content = script.read_bytes()
    yield script
    script.write_bytes(content)


def test_marts_and_the_release_are_assets(session: Session, manifest: dict[str, Any]) -> None:
    marts = read_marts(session.releases / "current" / "manifest.json")
    names = {f"marts/{mart.name}" for mart in marts}
    assert len(names) == 29
    assets = session.defined["assets"]
    assert set(assets["release"]) == names
    made = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
        and node["config"]["materialized"] != "ephemeral"
    ]
    assert set(assets) == {f"{n['config']['schema']}/{n['name']}" for n in made} | {"release"}
    assert "intermediate/int_observations" in assets["marts/fct_observations"]
    # Through a model that is part of others.
    assert (
        "raw/raw_ussc_production_2021__table_11"
        in assets["staging/stg_ussc_production_2021__table_11"]
    )


def test_every_test_is_a_check(session: Session, manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    tests += manifest["unit_tests"].values()
    assert len(tests) > 150
    checks = session.defined["checks"]
    assert sorted(name for _, name in checks) == sorted(test["name"] for test in tests)
    where = {name: asset for asset, name in checks}
    assert where["fct_consistency_checks__nothing_is_inconsistent"] == "release"
    on_marts = [asset for asset in where.values() if asset.startswith("marts/")]
    assert len(on_marts) > 60


def test_what_was_released_is_recorded(session: Session, first: dict[str, Any]) -> None:
    about = json.loads((session.releases / "current" / "release.json").read_bytes())
    name = os.readlink(session.releases / "current")
    assert set(first["materialized"]) == set(session.defined["assets"])
    release = first["materialized"]["release"]
    assert (release["release"], release["outcome"]) == (name, "released")
    assert release["folder"] == str(session.releases / name)
    assert release["tests_passed"] == about["tests_passed"] == len(first["checked"])
    assert sorted(first["checked"]) == sorted([*c, True] for c in session.defined["checks"])
    rows = {
        asset.removeprefix("marts/"): metadata["dagster/row_count"]
        for asset, metadata in first["materialized"].items()
        if asset.startswith("marts/")
    }
    assert rows == about["row_counts"]
    assert {m["release"] for m in first["materialized"].values()} == {name}
    assert first["logged"] == []
    assert session.alerts == []


def test_a_wrong_digit_fails_and_is_reported(session: Session, first: dict[str, Any]) -> None:
    before = os.readlink(session.releases / "current")
    seeds = session.project / "seeds" / "ussc_production_2021"
    path = seeds / "raw_ussc_production_2021__table_11.csv"
    content = path.read_bytes()
    alter(path, "313", "314")
    try:
        done = session.run()
    finally:
        path.write_bytes(content)
    assert not done["success"]
    assert (done["materialized"], done["checked"], done["unchecked"]) == ({}, [], [])
    assert os.readlink(session.releases / "current") == before
    record = json.loads((session.releases / "log.jsonl").read_text().splitlines()[-1])
    assert (record["outcome"], record["exit_status"]) == ("failed", 1)
    assert done["line"] == record
    assert session.alerts[-1] == record
    assert f"the release failed: {record['reason']}" in done["logged"]


def test_another_run_at_work_is_a_failure(session: Session, first: dict[str, Any]) -> None:
    with FileLock(session.releases / ".work" / "lock"):
        done = session.run(wait=0)
    assert not done["success"]
    assert (done["line"]["outcome"], done["line"]["exit_status"]) == ("busy", 3)
    assert session.alerts[-1] == done["line"]


def test_what_is_not_current_is_not_recorded(
    session: Session, first: dict[str, Any], other_script: Path
) -> None:
    results = session.releases / ".work" / "target" / "run_results.json"
    line = {"outcome": "unchanged", "exit_status": 0, "release": first["materialized"]["release"]}
    line |= {"reason": "since 0002-000000000002, which was rolled back"}
    other_script.write_text(
        "import shutil, sys\n"
        f"shutil.copy({str(results)!r}, sys.argv[sys.argv.index('--results') + 1])\n"
        f"print({json.dumps(line)!r})\n"
    )
    done = session.run()
    assert done["success"], done["error"]
    assert (done["materialized"], done["checked"]) == ({}, [])
    assert "rolled back" in done["logged"][0]


def test_other_tests_than_were_loaded_are_a_failure(
    session: Session, first: dict[str, Any], other_script: Path
) -> None:
    results = json.loads((session.releases / ".work" / "target" / "run_results.json").read_bytes())
    lacking = session.project / "lacking.json"
    lacking.write_text(json.dumps({"results": results["results"][:-1]}))
    line = {"outcome": "released", "exit_status": 0, "release": "0002-000000000002", "reason": None}
    other_script.write_text(
        "import shutil, sys\n"
        f"shutil.copy({str(lacking)!r}, sys.argv[sys.argv.index('--results') + 1])\n"
        f"print({json.dumps(line)!r})\n"
    )
    done = session.run()
    assert not done["success"]
    assert (done["materialized"], done["checked"]) == ({}, [])
    assert session.alerts[-1]["reason"].startswith("0002-000000000002 is current, but the project")


def test_a_run_that_was_killed_is_reported(
    session: Session, first: dict[str, Any], other_script: Path
) -> None:
    other_script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    done = session.run()
    assert not done["success"]
    assert session.alerts[-1]["exit_status"] == -9
    assert session.alerts[-1]["reason"] == "the release ended with status -9 and said nothing"


def test_a_run_that_is_ended_ends_the_release(session: Session, other_script: Path) -> None:
    ended = session.project / "ended"
    other_script.write_text(
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        f"    pathlib.Path({str(ended)!r}).touch()\n"
        "    sys.exit(143)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('at work', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    home = session.project / "home"
    home.mkdir()
    job = ["job", "execute", "-m", "orchestration.definitions", "-j", "release"]
    process = subprocess.Popen(
        [PYTHON.with_name("dagster"), *job],
        cwd=session.project,
        env=os.environ | {"DAGSTER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if line.endswith("at work\n"):
                break
        process.terminate()
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert ended.exists(), said
    assert process.returncode != 0


def test_the_schedule_is_daily_and_off(session: Session) -> None:
    assert session.defined["schedule"] == {
        "job": "release",
        "cron": "30 6 * * *",
        "time_zone": "America/New_York",
        "status": "STOPPED",
    }


def listening_addresses(port: int) -> set[str]:
    """The local addresses on which this machine listens at a port, as Linux writes them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A" and int(address.rpartition(":")[2], 16) == port:
                found.add(address.rpartition(":")[0])
    return found


def test_make_dagster_serves_this_machine_only(project: Path, session: Session) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    question = (
        "{repositoriesOrError {... on RepositoryConnection {nodes {jobs {name}"
        " schedules {name scheduleState {status}}}}} instance {daemonHealth {id}}}"
    )
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": question}).encode(),
        {"Content-Type": "application/json"},
    )
    with (project / "server.log").open("w") as log:
        process = subprocess.Popen(
            ["make", "dagster", f"PORT={port}"],
            cwd=project,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            assert process.poll() is None, (project / "server.log").read_text()
            try:
                with urllib.request.urlopen(request) as answer:
                    (repository,) = json.load(answer)["data"]["repositoriesOrError"]["nodes"]
                break
            except OSError:
                time.sleep(0.1)
        addresses = listening_addresses(port)
    finally:
        os.killpg(process.pid, 2)
        process.wait(timeout=60)
    assert {"name": "release"} in repository["jobs"]
    assert repository["schedules"] == [
        {"name": "daily_release", "scheduleState": {"status": "STOPPED"}}
    ]
    assert addresses == {"0100007F"}
    assert (project / "build" / "dagster" / "dagster.yaml").is_file()

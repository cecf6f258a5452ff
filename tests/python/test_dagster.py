"""Dagster runs the release, and records what was released or that it failed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from conftest import PROJECT, need, run
from local_servers import free_port, listens_beyond_this_machine, wait_for
from test_deploy import copy_tracked_files

pytestmark = pytest.mark.integration

PYTHON = PROJECT / ".venv-dagster" / "bin" / "python"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need(PYTHON.exists(), "make .venv-dagster/ready")
    folder = tmp_path_factory.mktemp("dagster") / "project"
    copy_tracked_files(folder)
    return folder


def run_job(project: Path, **options: Any) -> dict[str, Any]:
    """Run the job; return what Dagster recorded and what the alert command was given."""
    alerts = project / "alerts"
    alerts.unlink(missing_ok=True)
    session = PROJECT / "tests" / "python" / "dagster_session.py"
    environment = {"PYTHONPATH": str(project), "WAREHOUSE_ALERT_COMMAND": f"tee '{alerts}'"}
    done = run(PYTHON, session, json.dumps(options), env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    recorded: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return recorded | {"alert": json.loads(alerts.read_bytes()) if alerts.exists() else None}


@pytest.fixture(scope="module")
def first(project: Path) -> dict[str, Any]:
    """What Dagster recorded of the first release."""
    return run_job(project)


@pytest.fixture
def other_command(project: Path) -> Iterator[Path]:
    """The command line, for tests that put another in its place."""
    command = project / "scripts" / "cli.py"
    content = command.read_bytes()
    yield command
    command.write_bytes(content)


def test_what_was_released_is_recorded(project: Path, first: dict[str, Any]) -> None:
    assert (first["success"], first["logged"], first["alert"]) == (True, [], None)
    current = project / "releases" / "current"
    about = json.loads((current / "release.json").read_bytes())
    release = first["materialized"].pop("release")
    assert (release["release"], release["outcome"]) == (os.readlink(current), "released")
    assert release["folder"] == str(current.resolve())
    assert release["tests_passed"] == about["tests_passed"] > 0
    assert about["build_id"] in first["versions"]
    rows = {name: said["dagster/row_count"] for name, said in first["materialized"].items()}
    assert rows == {f"marts/{mart}": count for mart, count in about["row_counts"].items()}


def test_failing_build_fails_the_run_and_leaves_the_release(
    project: Path, first: dict[str, Any]
) -> None:
    before = os.readlink(project / "releases" / "current")
    seed = project / "seeds" / "reference" / "known_discrepancies.csv"
    declared = seed.read_text(encoding="utf-8")
    seed.write_text(declared.splitlines(keepends=True)[0], encoding="utf-8")
    done = run_job(project)
    seed.write_text(declared, encoding="utf-8")
    assert (done["success"], done["materialized"]) == (False, {})
    assert os.readlink(project / "releases" / "current") == before
    record = json.loads((project / "releases" / "log.jsonl").read_text().splitlines()[-1])
    assert (record["outcome"], record["exit_status"]) == ("failed", 1)
    assert done["alert"] == record
    assert f"the release failed: {record['reason']}" in done["logged"]


ROLLED_BACK = {"outcome": "unchanged", "exit_status": 0, "reason": "since 0002 was rolled back"}


@pytest.mark.parametrize(
    ("command", "success", "said"),
    [
        (f"print({json.dumps(ROLLED_BACK)!r})", True, ROLLED_BACK["reason"]),
        ("import os; os.kill(os.getpid(), 9)", False, "the release said nothing"),
        ("import sys; sys.exit('release: --keep is wrong')", False, "release: --keep is wrong"),
    ],
    ids=["rolled_back", "killed", "refused"],
)
def test_nothing_is_recorded_unless_it_is_current(
    project: Path, other_command: Path, command: str, success: bool, said: str
) -> None:
    other_command.write_text(command)
    done = run_job(project)
    assert (done["success"], done["materialized"]) == (success, {})
    assert done["logged"][0].endswith(said)
    assert done["alert"] is None if success else done["alert"]["reason"] == said


def test_a_run_that_is_ended_ends_the_release(project: Path, other_command: Path) -> None:
    other_command.write_text(
        "import os, sys, time\n"
        "print('at work as', os.getpid(), file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    (project / "home").mkdir()
    dagster = PYTHON.with_name("dagster")
    with subprocess.Popen(
        [dagster, "job", "execute", "-m", "orchestration.definitions", "-j", "release"],
        cwd=project,
        env=os.environ | {"DAGSTER_HOME": str(project / "home")},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        said = next(line for line in process.stderr if "at work as" in line)
        process.terminate()
        process.communicate(timeout=50)
    assert process.returncode != 0
    assert not Path("/proc", said.split()[-1]).exists()


def test_make_dagster_serves_this_machine_only(project: Path) -> None:
    port, log = free_port(), project / "server.log"
    question = (
        "{repositoriesOrError {... on RepositoryConnection {nodes {schedules"
        " {name cronSchedule executionTimezone pipelineName scheduleState {status}}}}}}"
    )
    with log.open("w") as out:
        command = ["make", "dagster", f"PORT={port}"]
        process = subprocess.Popen(
            command, cwd=project, stdout=out, stderr=out, start_new_session=True
        )

    def ask() -> Any:
        url, body = f"http://127.0.0.1:{port}/graphql", {"query": question}
        with contextlib.suppress(requests.ConnectionError):
            return requests.post(url, json=body, timeout=60).json()

    try:
        wait_for(process, log, ask)
        answer = ask()
        assert not listens_beyond_this_machine(port)
    finally:
        os.killpg(process.pid, 2)
        process.wait(timeout=60)
    [repository] = answer["data"]["repositoriesOrError"]["nodes"]
    [schedule] = repository["schedules"]
    assert schedule == {
        "name": "daily_release",
        "cronSchedule": "30 6 * * *",
        "executionTimezone": "America/New_York",
        "pipelineName": "release",
        "scheduleState": {"status": "STOPPED"},
    }
    assert (project / ".work" / "dagster" / "dagster.yaml").is_file()

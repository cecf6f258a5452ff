"""On a Spark cluster the marts are DuckDB's, row for row; without one nothing is published."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection

import pytest

from conftest import PROJECT, Built, copy_project, need, run
from local_servers import free_port, wait_for

pytestmark = pytest.mark.integration

CLIENT = PROJECT / ".venv-spark" / "bin"
PUBLISHED = "exports/SHA256SUMS"


@contextmanager
def started(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A cluster on this machine: Sail with two workers."""
    port = free_port()
    command = [CLIENT / "sail", "spark", "server", "--port", str(port)]
    more = {"SAIL_MODE": "local-cluster", "SAIL_CLUSTER__WORKER_INITIAL_COUNT": "2"}
    log = folder / "log"

    def answers() -> bool:
        with suppress(OSError), create_connection(("127.0.0.1", port)):
            return True
        return False

    with log.open("wb") as file:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | more, stdout=file, stderr=file, process_group=0
        )
    try:
        wait_for(server, log, answers)
        yield f"sc://127.0.0.1:{port}", server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def command(remote: str, output: Path, project: Path = PROJECT) -> list[str | Path]:
    need((CLIENT.parent / "ready").exists(), "the client of Spark (make .venv-spark/ready)")
    script = project / "scripts" / "cli.py"
    return [CLIENT / "python", script, "spark", "--remote", remote, "--output", output]


def test_the_exports_are_those_of_duckdb(built: Built, tmp_path: Path) -> None:
    build = command("sc://127.0.0.1", tmp_path / "build")
    with started(tmp_path) as (remote, _):
        build[4] = remote
        done = run(*build, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    # Tests, of text as printed and of apostrophes too, have passed there; these are all values.
    assert (tmp_path / "build" / PUBLISHED).read_text() == (built.folder / PUBLISHED).read_text()


def test_a_mart_that_differs_is_named_and_not_published(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    model = project / "models" / "marts" / "core" / "dim_measures.sql"
    altered = "{{ 'upper(label)' if target.type == 'spark' else 'label' }} as label,"
    model.write_text(model.read_text().replace("label,", altered))
    with started(tmp_path) as (remote, _):
        done = run(*command(remote, tmp_path / "build", project), timeout=1200)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "dim_measures" in done.stderr.splitlines()
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    ("remote", "said"),
    [
        ("", "SPARK_REMOTE is '': expected sc://host:port"),
        ("http://127.0.0.1:80", "SPARK_REMOTE is 'http://127.0.0.1:80': expected sc://host:port"),
        ("sc://127.0.0.1:1", "no cluster answers at sc://127.0.0.1:1 ([Errno 111] Connection"),
    ],
)
def test_no_cluster_is_one_line(remote: str, said: str, tmp_path: Path) -> None:
    done = run(*command(remote, tmp_path / "build"))
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith(f"spark: {said}")
    assert not (tmp_path / "build").exists()


def test_a_cluster_that_dies_leaves_what_is_published(tmp_path: Path) -> None:
    output = tmp_path / "build"
    build = command("sc://127.0.0.1", output)
    (output / "exports").mkdir(parents=True)
    (output / "manifest.json").write_text('{"metadata": {"project_name": "sentencing_warehouse"}}')
    with started(tmp_path) as (remote, server):
        build[4] = remote
        client = subprocess.Popen(build, stderr=subprocess.PIPE, text=True)
        assert client.stderr
        said = ""
        while "65 of" not in said:
            said = client.stderr.readline()
            assert said
        os.killpg(server.pid, signal.SIGKILL)
        lines = client.stderr.read().splitlines()
    assert client.wait() == 2, lines
    assert lines[-1].startswith(f"spark: no cluster answers at {remote}")
    assert not [line for line in lines if "Traceback" in line]
    assert sorted(path.name for path in output.iterdir()) == ["exports", "manifest.json"]

"""The scheduler files do what they say, run as their schedulers run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import PROJECT, alter, need, run

INSTALLED = "/opt/sentencing-warehouse"
SERVICE = PROJECT / "deploy" / "sentencing-warehouse.service"
TIMER = PROJECT / "deploy" / "sentencing-warehouse.timer"
CRONTAB = PROJECT / "deploy" / "crontab"
WORKFLOW = PROJECT / ".github" / "workflows" / "release.yml"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def copy_tracked_files(folder: Path) -> None:
    """Install the project in a folder: its tracked files, and the environments that are ready."""
    for name in filter(None, run("git", "ls-files", "-z", cwd=PROJECT).stdout.split("\0")):
        if (PROJECT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    for environment in PROJECT.glob(".venv*"):
        (folder / environment.name).symlink_to(environment)
    for lock in (folder / "requirements").glob("*.lock"):
        os.utime(lock, (0, 0))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files, with the packages that are installed already."""
    folder = tmp_path_factory.mktemp("installed") / "sentencing-warehouse"
    copy_tracked_files(folder)
    return folder


def last_record(installed: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (installed / "releases" / "log.jsonl").read_text().splitlines()[-1]
    )
    return found


@pytest.mark.integration
def test_cron_releases_in_silence_and_reports_a_failure(installed: Path) -> None:
    *settings, job = [
        li for li in CRONTAB.read_text().splitlines() if li and not li.startswith("#")
    ]
    *fields, command = job.split(maxsplit=5)
    assert all(re.fullmatch(r"\*|\d+", field) for field in fields)
    assert "%" not in command  # cron would read it as the end of the line
    home = str(installed.parent)
    environment = {"HOME": home, "LOGNAME": "warehouse", "SHELL": "/bin/sh"}
    environment |= dict(line.split("=", 1) for line in settings)
    shell = ["/bin/sh", "-c", command.replace(INSTALLED, str(installed))]
    how = {"cwd": home, "env": environment, "stdin": subprocess.DEVNULL}
    done = run(*shell, **how)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert last_record(installed)["current"] == os.readlink(installed / "releases" / "current")
    seed = installed / "seeds" / "ussc_production_2021" / "raw_ussc_production_2021__table_11.csv"
    content = seed.read_bytes()
    alter(seed, "313", "314")
    failed = run(*shell, **how)
    seed.write_bytes(content)
    assert failed.returncode == 1
    assert json.loads(failed.stdout) == last_record(installed)
    assert last_record(installed)["outcome"] == "failed"


@pytest.mark.integration
def test_systemd_reads_the_units_and_the_command_releases(installed: Path) -> None:
    need(shutil.which("systemd-analyze"), "systemd")
    verified = run("systemd-analyze", "verify", SERVICE, TIMER)
    assert (verified.returncode, verified.stderr) == (0, "")
    unit = ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(SERVICE)
    service = unit["Service"]
    assert service["WorkingDirectory"] == service["ReadWritePaths"] == INSTALLED
    command = shlex.split(service["ExecStart"])
    done = run(*command, cwd=installed, env={"PATH": PATH}, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] in ("released", "unchanged")


@pytest.mark.integration
def test_the_workflow_is_valid_and_its_steps_release(installed: Path) -> None:
    check = PROJECT / ".venv" / "bin" / "check-jsonschema"
    checked = run(check, "--builtin-schema", "vendor.github-workflows", WORKFLOW)
    assert checked.returncode == 0, checked.stdout
    [job] = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in actions)
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert "make test" in commands
    commands.remove("make test")  # this is it
    output = installed.parent / "output"
    environment = os.environ | {"GITHUB_OUTPUT": str(output)}
    for command in commands:
        done = run("bash", "-e", "-o", "pipefail", "-c", command, cwd=installed, env=environment)
        assert done.returncode == 0, (command, done.stderr)
    name = os.readlink(installed / "releases" / "current")
    assert output.read_text() == f"release={name}\n"
    [upload] = [
        step["with"]
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact") and "if" not in step
    ]
    path = upload["path"].replace("${{ steps.current.outputs.release }}", name)
    assert (installed / path / "release.json").is_file()


def test_the_guide_names_every_outcome() -> None:
    guide = (PROJECT / "docs" / "schedule.md").read_text()
    source = (PROJECT / "scripts" / "publish" / "release.py").read_text()
    outcomes = set(re.findall(r'Outcome\(\s*"(\w+)"', source))
    assert outcomes == set(re.findall(r"^\| [\d n+]+ \| `(\w+)` \|", guide, re.MULTILINE))

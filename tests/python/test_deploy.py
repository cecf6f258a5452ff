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

import pytest
import yaml

from conftest import PROJECT, alter, copy_tracked_files, need

INSTALLED = "/opt/sentencing-warehouse"
SERVICE = PROJECT / "deploy" / "sentencing-warehouse.service"
TIMER = PROJECT / "deploy" / "sentencing-warehouse.timer"
CRONTAB = PROJECT / "deploy" / "crontab"
WORKFLOW = PROJECT / ".github" / "workflows" / "release.yml"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files, with the packages that are installed already."""
    folder = tmp_path_factory.mktemp("installed") / "sentencing-warehouse"
    copy_tracked_files(folder)
    return folder


def crontab_line() -> tuple[dict[str, str], list[str], str]:
    """The variables, the five fields and the command of the crontab."""
    lines = [li for li in CRONTAB.read_text().splitlines() if li and not li.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines[:-1])
    *fields, command = lines[-1].split(maxsplit=5)
    return variables, fields, command


def run_as_cron(installed: Path) -> subprocess.CompletedProcess[str]:
    variables, _, command = crontab_line()
    home = str(installed.parent)
    environment = {"HOME": home, "LOGNAME": "warehouse", "SHELL": "/bin/sh"} | variables
    return subprocess.run(
        ["/bin/sh", "-c", command.replace(INSTALLED, str(installed))],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def last_record(installed: Path) -> dict:
    return json.loads((installed / "releases" / "log.jsonl").read_text().splitlines()[-1])


@pytest.mark.integration
def test_cron_releases_in_silence_and_reports_a_failure(installed: Path) -> None:
    _, fields, command = crontab_line()
    assert all(re.fullmatch(r"\*|\d+", field) for field in fields)
    assert "%" not in command  # cron would read it as the end of the line
    done = run_as_cron(installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert last_record(installed)["current"] == os.readlink(installed / "releases" / "current")
    seed = installed / "seeds" / "ussc_production_2021" / "raw_ussc_production_2021__table_11.csv"
    content = seed.read_bytes()
    alter(seed, "313", "314")
    try:
        failed = run_as_cron(installed)
    finally:
        seed.write_bytes(content)
    assert failed.returncode == 1
    assert json.loads(failed.stdout) == last_record(installed)
    assert last_record(installed)["outcome"] == "failed"


@pytest.mark.integration
def test_systemd_reads_the_units_and_the_command_releases(installed: Path) -> None:
    need(shutil.which("systemd-analyze"), "systemd")
    verified = subprocess.run(
        ["systemd-analyze", "verify", SERVICE, TIMER], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    unit = ConfigParser(strict=False)
    unit.optionxform = str
    unit.read(SERVICE)
    service = unit["Service"]
    assert service["WorkingDirectory"] == INSTALLED
    assert service["ReadWritePaths"] == INSTALLED
    done = subprocess.run(
        shlex.split(service["ExecStart"]),
        cwd=installed,
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] in ("released", "unchanged")


@pytest.mark.integration
def test_the_workflow_is_valid_and_its_steps_release(installed: Path) -> None:
    checked = subprocess.run(
        [
            PROJECT / ".venv/bin/check-jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
            WORKFLOW,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    workflow = yaml.safe_load(WORKFLOW.read_text())
    (job,) = workflow["jobs"].values()
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in actions)
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert "make test" in commands
    commands.remove("make test")  # this is it
    output = installed.parent / "output"
    for command in commands:
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=installed,
            env=os.environ | {"GITHUB_OUTPUT": str(output)},
            capture_output=True,
            check=True,
        )
    name = os.readlink(installed / "releases" / "current")
    assert output.read_text() == f"release={name}\n"
    (upload,) = [
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

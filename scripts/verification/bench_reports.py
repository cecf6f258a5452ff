"""Measure what more reports cost: the first alone, all, and all with copies of a small one.

Each copy is a report of its own: its sheets and rows of the reference seeds under other codes, and
of populations of its own, so that nothing in it is checked against another.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from warehouse.project import PROJECT, UserError
from warehouse.sheets import enter_checksums, read_csv, write_csv

FIRST, COPIED = "ussc_production_2021", "ussc_quick_facts_sexual_abuse_2023"
AIMS = {"all reports / the first": 1.2, "copies / all reports": 4.0}

# Codes that differ from copy to copy. The others (years, classifications, measures) are shared.
OF_REPORT = ("report_id", "exhibit_id", "check_id")
OF_COPY = ("population_id", "parent_population_id", "discrepancy_id")


def measure(folder: Path, copies: int) -> list[str]:
    """Build three projects, each once cold and once warm, and return what the warm ones took."""
    spent = {}
    for name, kept, times in (
        ("the first", FIRST, 0),
        ("all reports", "", 0),
        ("copies", "", copies),
    ):
        project = copy_project(folder / name.replace(" ", "_"), COPIED, times, kept)
        for command in ("scaffold", "build", "build"):
            spent[name] = run_command(project, command)
    lines = [f"{'build with':26}  CPU s  wall s"]
    lines += [f"  {name:24}{cpu:7.1f}{wall:8.1f}" for name, (cpu, wall) in spent.items()]
    for what, aim in AIMS.items():
        one, other = what.split(" / ")
        ratio = spent[one][0] / spent[other][0]
        met = "met" if ratio <= aim else "not met"
        lines.append(f"  {what:24}{ratio:7.2f}  at most {aim:g}: {met}")
    return lines


def copy_project(folder: Path, report: str, copies: int, kept: str = "") -> Path:
    """Copy the project with so many copies of a report; of its reports only `kept`, if given."""
    ignore = shutil.ignore_patterns("build", "releases", "target", "logs", "__pycache__", ".*")
    shutil.copytree(PROJECT, folder, ignore=ignore)
    numbers = range(1, copies + 1)
    for path in sorted((folder / "seeds").glob("*/*.csv")):
        rows, owner = read_csv(path), path.parent.name
        if owner == report:
            for number in numbers:
                copy = path.parent.with_name(f"{report}_{number}")
                copy.mkdir(exist_ok=True)
                copied = [_copied(row, report, number) for row in rows]
                write_csv(copy / path.name.replace(report, copy.name), copied)
        code = next((name for name in OF_REPORT if name in rows[0]), "")
        if owner == "reference" and (code or path.stem == "populations"):
            rows = [row for row in rows if not code or row[code].startswith(kept)]
            own = [row for row in rows if not code or row[code].split(".")[0] == report]
            rows += [_copied(row, report, number) for number in numbers for row in own]
            write_csv(path, rows)
        elif owner not in ("reference", kept or owner):
            path.unlink()
    enter_checksums(folder)
    return folder


def _copied(row: dict[str, str], report: str, number: int) -> dict[str, str]:
    """Return a row under the codes of a copy."""
    copied = {name: cell.replace(report, f"{report}_{number}") for name, cell in row.items()}
    return copied | {name: f"{row[name]}_{number}" for name in OF_COPY if row.get(name)}


def run_command(project: Path, *arguments: str) -> tuple[float, float]:
    """Run a command of a project, and return its seconds of CPU and of time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "scripts/cli.py", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    if done.returncode:
        reason = " ".join(done.stderr.split())[-300:]
        raise UserError(f"{arguments[0]} in {project} failed: {reason}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall

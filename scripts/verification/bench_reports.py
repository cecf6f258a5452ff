"""Measure what more reports cost: the first alone, all, and all with copies of a small one.

Each copy is a report of its own: its sheets and rows of the reference seeds under another code, in
fiscal years of its own, so that nothing in it is checked against another.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from warehouse.project import PROJECT, UserError
from warehouse.sheets import read_csv, write_csv

FIRST, COPIED = "ussc_production_2021", "ussc_quick_facts_sexual_abuse_2023"
FOLDERS = ("seeds", "models", "macros", "tests", "analyses", "scripts", "docs")
YEARS = ("fiscal_year", "reference_fiscal_year", "reference")
YEARS_APART = 20
AIMS = {"all reports / the first": 1.2, "copies / all reports": 4.0}


def measure(folder: Path, copies: int) -> list[str]:
    """Build three projects, each once cold and once warm, and return what the warm ones took."""
    spent = {}
    for name, reports, times in (
        ("the first", FIRST, 0),
        ("all reports", "", 0),
        ("copies", "", copies),
    ):
        project = _project(folder / name.replace(" ", "_"), reports, times)
        for command in (["scaffold"], ["review"], ["build"], ["build"]):
            spent[name] = _run(project, command)
    lines = [f"{'build with':26}  CPU s  wall s"]
    lines += [f"  {name:24}{cpu:7.1f}{wall:8.1f}" for name, (cpu, wall) in spent.items()]
    for what, aim in AIMS.items():
        one, other = what.split(" / ")
        ratio = spent[one][0] / spent[other][0]
        met = "met" if ratio <= aim else "not met"
        lines.append(f"  {what:24}{ratio:7.2f}  at most {aim:g}: {met}")
    return lines


def _project(folder: Path, kept: str, copies: int) -> Path:
    """Copy the project, with one report only if `kept` names it, and with copies of COPIED."""
    unread = shutil.ignore_patterns("__pycache__")
    for name in FOLDERS:
        shutil.copytree(PROJECT / name, folder / name, ignore=unread)
    for path in (*PROJECT.glob("*.yml"), *PROJECT.glob("*.md"), PROJECT / "pyproject.toml"):
        shutil.copy(path, folder)
    for path in (folder / "seeds").iterdir():
        if path.name not in ("reference", kept or path.name):
            shutil.rmtree(path)
    for path in (folder / "seeds" / "reference").glob("*.csv"):
        rows = read_csv(path)
        code = next((name for name in ("exhibit_id", "report_id") if name in rows[0]), "")
        if code:
            rows = [row for row in rows if row[code].startswith(kept)]
            own = [row for row in rows if row[code].split(".")[0] == COPIED]
            rows += [_copied(row, number) for number in range(1, copies + 1) for row in own]
            write_csv(path, rows)
    for number in range(1, copies + 1):
        for path in (folder / "seeds" / COPIED).glob("*.csv"):
            copy = Path(re.sub(rf"{COPIED}(?=/|__)", f"{COPIED}_{number}", str(path)))
            copy.parent.mkdir(exist_ok=True)
            write_csv(copy, [_copied(row, number) for row in read_csv(path)])
    return folder


def _copied(row: dict[str, str], number: int) -> dict[str, str]:
    """Return a row under the code and in the fiscal years of a copy."""
    copied = {name: cell.replace(COPIED, f"{COPIED}_{number}") for name, cell in row.items()}
    for name in YEARS:
        if re.fullmatch(r"\d{4}", row.get(name, "")):
            copied[name] = str(int(row[name]) + YEARS_APART * number)
    return copied


def _run(project: Path, arguments: list[str]) -> tuple[float, float]:
    """Run a command of a project, and return its seconds of CPU and of time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "scripts/cli.py", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    if done.returncode:
        raise UserError(f"{arguments[0]} in {project} failed: {done.stderr.strip()[-300:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall

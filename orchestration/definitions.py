"""Dagster definitions: a job that releases the warehouse, and its schedule, which is off.

The job runs `scripts/cli.py release` in the environment of the build, as every scheduler does, and
records the release and the row count of each mart, or nothing but the failure.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

PROJECT = Path(__file__).resolve().parent.parent


class Options(dg.Config):
    """The options of the command."""

    releases: str = Field("releases", description="folder of the releases")
    keep: int = Field(5, ge=1, description="releases to keep, the new one included")
    wait: float = Field(300, ge=0, description="seconds to wait for another run")
    force: bool = Field(False, description="release even if nothing changed")


def run_release(options: Options, log: dg.DagsterLogManager) -> dict[str, Any]:
    """Run the command, with its progress in the log; return its line for machines."""
    command = [str(PROJECT / ".venv/bin/python"), "scripts/cli.py", "release"]
    command += ["--releases", options.releases, "--keep", str(options.keep)]
    command += ["--wait", str(options.wait), *(["--force"] if options.force else [])]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=PROJECT, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout and process.stderr
    reason = "the release said nothing"
    try:
        for line in process.stderr:
            reason = line.strip() or reason
            log.info(line.rstrip())
        said, status = process.stdout.read(), process.wait()
    finally:
        # Where the run was ended from outside, the release cleans up and logs that it was.
        process.terminate()
        process.wait()
    # Where it was killed, or its options were refused, it said nothing.
    failed = {"event": "release", "outcome": "failed", "exit_status": status, "reason": reason}
    return json.loads(said) if said else failed


@dg.failure_hook
def alert(context: dg.HookContext) -> None:
    """Give the line that says why a release failed to a command, on standard input."""
    error = context.op_exception
    if isinstance(error, dg.Failure):
        line: Any = error.metadata["line"].value
    else:
        line = {"event": "release", "outcome": "failed", "exit_status": None, "reason": repr(error)}
    context.log.error(f"the release failed: {line['reason']}")
    if command := shlex.split(os.environ.get("WAREHOUSE_ALERT_COMMAND", "")):
        text = json.dumps(line, ensure_ascii=False) + "\n"
        subprocess.run(command, input=text, text=True, check=True, timeout=60)


ABOUT = "Warehouse, exports and pages, published whole: what `releases/current` points at."


@dg.multi_asset(specs=[dg.AssetSpec("release", description=ABOUT, skippable=True)], hooks={alert})
def make_release(context: dg.AssetExecutionContext, config: Options) -> Iterator[Any]:
    """Release the warehouse."""
    line = run_release(config, context.log)
    if line["exit_status"]:
        raise dg.Failure(line["reason"], metadata={"line": line}, allow_retries=False)
    if line["outcome"] == "unchanged" and line["reason"]:
        context.log.warning(f"what was built is not current: nothing changed {line['reason']}")
        return
    folder = PROJECT / config.releases / line["release"]
    about = json.loads((folder / "release.json").read_bytes())
    for mart, rows in about["row_counts"].items():
        metadata = {"release": line["release"], "dagster/row_count": rows}
        context.log_event(dg.AssetMaterialization(["marts", mart], metadata=metadata))
    del about["files"]
    metadata = {"folder": dg.MetadataValue.path(str(folder)), **about, **line}
    yield dg.MaterializeResult(data_version=dg.DataVersion(line["build_id"]), metadata=metadata)


job = dg.define_asset_job("release", [make_release], description="Release the warehouse.")
daily = dg.ScheduleDefinition(
    name="daily_release",
    job=job,
    cron_schedule="30 6 * * *",
    execution_timezone="America/New_York",
    description="A release every morning at 6:30. Off until it is switched on.",
)
# One step: a process of its own would only take longer.
definitions = dg.Definitions([make_release], [daily], jobs=[job], executor=dg.in_process_executor)

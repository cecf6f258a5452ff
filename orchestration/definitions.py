"""Dagster definitions: the models and tests as assets and checks, and the job that releases them.

The job runs `scripts/release.py`, as every scheduler does, and records what became of it: assets
and checks are those of a build whose content is the current release. Of a run that failed nothing
is recorded but the failure.
"""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs
from pydantic import Field

PROJECT = Path(__file__).resolve().parent.parent
BIN = PROJECT / ".venv" / "bin"
MANIFEST = PROJECT / ".work" / "dagster" / "target" / "manifest.json"
DBT_READS = ("dbt_project.yml", "profiles.yml", "seeds", "models", "macros", "tests", "analyses")

RELEASE = dg.AssetKey("release")
UNIQUE_ID = "dagster_dbt/unique_id"
ALERT_COMMAND = "WAREHOUSE_ALERT_COMMAND"
ALERT_SECONDS = 60


# The project as assets and checks


def read_manifest() -> dict[str, Any]:
    """Read the project's dbt manifest; make it anew if the project has changed since.

    Raises:
        RuntimeError: dbt cannot read the project.

    """
    read = [PROJECT / name for name in DBT_READS]
    # A folder is newer than what was deleted from it.
    read += [path for folder in read if folder.is_dir() for path in folder.rglob("*")]
    if not MANIFEST.exists() or max(p.stat().st_mtime for p in read) > MANIFEST.stat().st_mtime:
        done = subprocess.run(
            [BIN / "dbt", "--quiet", "--log-level-file", "none", "parse"],
            cwd=PROJECT,
            env=os.environ
            | {"DBT_PROFILES_DIR": str(PROJECT), "DBT_TARGET_PATH": str(MANIFEST.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"dbt cannot read the project:\n{done.stdout}{done.stderr}")
        MANIFEST.touch()
    return json.loads(MANIFEST.read_bytes())


class Translator(DagsterDbtTranslator):
    """Groups the assets by schema."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Name the schema of a model or seed."""
        return dbt_resource_props["config"]["schema"]


manifest = read_manifest()
tables = {
    spec.metadata[UNIQUE_ID]: spec
    for spec in build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=Translator())
}
release_spec = dg.AssetSpec(
    RELEASE,
    deps=[spec.key for spec in tables.values() if spec.group_name == "marts"],
    description="Warehouse, exports and documentation, tested and published whole: "
    "what `releases/current` points at.",
    group_name="release",
    skippable=True,
)


def check_specs() -> Iterator[tuple[str, dg.AssetCheckSpec]]:
    """Give each dbt test, by its unique id, as a check of the table that it is attached to.

    What is a test of several tables, or of a model that is part of others, is a check of the
    release as a whole.
    """
    tests = {
        unique_id: (node, node.get("attached_node"))
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
    }
    tests |= {
        unique_id: (node, node["depends_on"]["nodes"][0])
        for unique_id, node in manifest["unit_tests"].items()
    }
    for unique_id, (node, tested) in tests.items():
        asset = tables[tested].key if tested in tables else RELEASE
        description = node.get("description") or None
        yield unique_id, dg.AssetCheckSpec(node["name"], asset=asset, description=description)


checks = dict(check_specs())


# The release


class ReleaseOptions(dg.Config):
    """The options of `scripts/release.py`."""

    releases: str = Field(str(PROJECT / "releases"), description="folder of the releases")
    keep: int = Field(5, ge=1, description="releases to keep, the new one included")
    wait: float = Field(300, ge=0, description="seconds to wait for another run")
    force: bool = Field(False, description="release even if nothing changed")


def run_release(
    options: ReleaseOptions, results: Path, log: dg.DagsterLogManager
) -> dict[str, Any]:
    """Run the release script, with its progress in the log; return its line for machines.

    Args:
        options: passed to the script.
        results: file for dbt's results.
        log: where progress goes.

    """
    command = [BIN / "python", PROJECT / "scripts" / "cli.py", "release", "--results", results]
    command += ["--releases", options.releases, "--keep", str(options.keep)]
    command += ["--wait", str(options.wait), *(["--force"] if options.force else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    last = ""
    try:
        for line in process.stderr:
            if line.strip():
                last = line.strip()
                log.info(line.rstrip())
        said = process.stdout.read()
        status = process.wait()
    finally:
        # The run was ended from outside: let the release clean up and log that it was interrupted.
        if process.poll() is None:
            process.terminate()
            process.wait()
    if said:
        return json.loads(said)
    # Killed, or its options were refused.
    reason = last or f"the release ended with status {status} and said nothing"
    return {"event": "release", "outcome": "failed", "exit_status": status, "reason": reason}


@dg.failure_hook
def alert(context: dg.HookContext) -> None:
    """Log that a release failed, and give the line that says why to a command.

    The command is the value of WAREHOUSE_ALERT_COMMAND, split as a shell does; it gets the line of
    JSON on standard input.
    """
    error = context.op_exception
    if isinstance(error, dg.Failure) and "line" in error.metadata:
        line = error.metadata["line"].value
    else:
        reason = f"{type(error).__name__}: {error}"
        line = {"event": "release", "outcome": "failed", "exit_status": None, "reason": reason}
    context.log.error(f"the release failed: {line['reason']}")
    command = os.environ.get(ALERT_COMMAND)
    if not command:
        return
    try:
        subprocess.run(
            shlex.split(command),
            input=json.dumps(line, ensure_ascii=False) + "\n",
            capture_output=True,
            text=True,
            check=True,
            timeout=ALERT_SECONDS,
        )
    except subprocess.CalledProcessError as failed:
        context.log.error(f"{ALERT_COMMAND}: exit status {failed.returncode}: {failed.stderr}")
    except (OSError, ValueError, subprocess.TimeoutExpired) as failed:
        context.log.error(f"{ALERT_COMMAND}: {failed}")


def recorded_tables(
    line: Mapping[str, Any], ran: Mapping[str, Mapping[str, Any]], folder: Path
) -> Iterator[dg.MaterializeResult]:
    """Say of which tables a release consists.

    Args:
        line: what the release script said.
        ran: dbt's results by unique id, in the order in which the tables were made.
        folder: the release.

    """
    about = json.loads((folder / "release.json").read_bytes())
    version = dg.DataVersion(line["release_id"])
    for unique_id in (node for node in ran if node in tables):
        key = tables[unique_id].key
        rows = about["row_counts"].get(key.path[-1])
        metadata = about_result(line, ran[unique_id])
        metadata |= {} if rows is None else {"dagster/row_count": rows}
        yield dg.MaterializeResult(asset_key=key, data_version=version, metadata=metadata)
    yield dg.MaterializeResult(
        asset_key=RELEASE,
        data_version=version,
        metadata={
            "folder": dg.MetadataValue.path(str(folder)),
            **{name: line[name] for name in ("outcome", "release", "previous", "seconds")},
            **{name: about[name] for name in ("built_at", "git_commit", "tests_passed")},
        },
    )


def recorded_checks(
    line: Mapping[str, Any],
    ran: Mapping[str, Mapping[str, Any]],
    instance: dg.DagsterInstance,
    assets: Collection[dg.AssetKey],
) -> Iterator[dg.AssetCheckEvaluation]:
    """Say which tests the tables of a release have passed.

    Args:
        line: what the release script said.
        ran: dbt's results by unique id.
        instance: where the tables have been recorded.
        assets: whose checks.

    """
    made = {key: instance.fetch_materializations(key, limit=1).records[0] for key in assets}
    for unique_id, spec in checks.items():
        if spec.asset_key in made:
            table = made[spec.asset_key]
            yield dg.AssetCheckEvaluation(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=ran[unique_id]["status"] == "pass",
                metadata=about_result(line, ran[unique_id]),
                target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                    storage_id=table.storage_id, run_id=table.run_id, timestamp=table.timestamp
                ),
            )


def about_result(line: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is recorded of any table and test."""
    return {"release": line["release"], "seconds": result["execution_time"]}


@dg.multi_asset(
    name="make_release",
    specs=[*tables.values(), release_spec],
    check_specs=list(checks.values()),
    hooks={alert},
    # So that a run may record nothing.
    can_subset=True,
)
def make_release(
    context: dg.AssetExecutionContext, config: ReleaseOptions
) -> Iterator[dg.MaterializeResult]:
    """Release the warehouse, whole whatever is selected, and record what is selected of it."""
    with tempfile.TemporaryDirectory() as temporary:
        results = Path(temporary) / "run_results.json"
        line = run_release(config, results, context.log)
        if line["exit_status"] != 0:
            raise dg.Failure(line["reason"], metadata={"line": line}, allow_retries=False)
        ran = {
            result["unique_id"]: result for result in json.loads(results.read_bytes())["results"]
        }
    if line["outcome"] == "unchanged" and line["reason"]:
        context.log.warning(f"what was built is not current: nothing changed {line['reason']}")
        return
    if ran.keys() != tables.keys() | checks.keys():
        reason = (
            f"{line['release']} is current, but the project has other models or tests than when"
            " these definitions were loaded: reload them, then run again"
        )
        raise dg.Failure(reason, metadata={"line": {**line, "reason": reason}}, allow_retries=False)
    folder = Path(config.releases) / line["release"]
    for result in recorded_tables(line, ran, folder):
        if result.asset_key in context.selected_asset_keys:
            yield result
    # Logged, not yielded: a check that a run is to yield counts as failed where the run fails.
    for check in recorded_checks(line, ran, context.instance, context.selected_asset_keys):
        context.log_event(check)


release_job = dg.define_asset_job(
    "release",
    selection=dg.AssetSelection.assets(make_release).without_checks(),
    description="Release the warehouse.",
)

daily_release = dg.ScheduleDefinition(
    name="daily_release",
    job=release_job,
    cron_schedule="30 6 * * *",
    execution_timezone="America/New_York",
    description="A release every morning at 6:30. Off until it is switched on.",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)

definitions = dg.Definitions(
    assets=[make_release],
    jobs=[release_job],
    schedules=[daily_release],
    # One step: a process of its own would only take longer.
    executor=dg.in_process_executor,
)

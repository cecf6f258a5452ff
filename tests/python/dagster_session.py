"""A session with the Dagster definitions, run by the Python of Dagster's environment.

First it prints a line that describes the definitions; then, for each line with run options that it
reads, it runs the job and prints a line that says what was recorded.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import dagster as dg
from orchestration.definitions import definitions


def described() -> dict[str, Any]:
    """Say what the definitions define."""
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    schedule = definitions.resolve_schedule_def("daily_release")
    return {
        "assets": {
            node.key.to_user_string(): sorted(key.to_user_string() for key in node.parent_keys)
            for node in graph.asset_nodes
        },
        "checks": [[key.asset_key.to_user_string(), key.name] for key in graph.asset_check_keys],
        "schedule": {
            "job": schedule.job_name,
            "cron": schedule.cron_schedule,
            "time_zone": schedule.execution_timezone,
            "status": schedule.default_status.value,
        },
    }


def run(instance: dg.DagsterInstance, options: dict[str, Any]) -> dict[str, Any]:
    """Run the job and say what Dagster recorded."""
    result = definitions.resolve_job_def("release").execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config={"ops": {"make_release": {"config": options}}},
    )
    failures = [event.step_failure_data for event in result.get_step_failure_events()]
    user_failures = [failure.user_failure_data for failure in failures if failure.user_failure_data]
    metadata = user_failures[0].metadata if user_failures else {}
    materializations = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    return {
        "success": result.success,
        "error": failures[0].error_display_string if failures else None,
        "materialized": {
            asset: {name: value.value for name, value in metadata.items()}
            for asset, metadata in materializations.items()
        },
        "checked": [
            [check.asset_key.to_user_string(), check.check_name, check.passed]
            for check in result.get_asset_check_evaluations()
            # Of what this run has made.
            if check.target_materialization_data.run_id == result.run_id
        ],
        # Checks that count as failed because the run has not said how they came out.
        "unchecked": [
            key.name
            for key, record in instance.event_log_storage.get_latest_asset_check_execution_by_key(
                list(definitions.resolve_asset_graph().asset_check_keys)
            ).items()
            if record.status.value == "PLANNED"
        ],
        "line": metadata["line"].value if "line" in metadata else None,
        "logged": [
            record.user_message
            for record in instance.all_logs(result.run_id)
            if record.level >= 30 and not record.is_dagster_event
        ],
    }


def main() -> None:
    """Answer until there are no more lines."""
    instance = dg.DagsterInstance.ephemeral()
    print(json.dumps(described()), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(instance, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

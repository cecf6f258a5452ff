"""Run the job once with the Python of Dagster's environment, and print what Dagster recorded."""

from __future__ import annotations

import json
import sys

import dagster as dg
from orchestration.definitions import definitions

VERSION = "dagster/data_version"


def main() -> None:
    """Take the run options as JSON and print one line of JSON."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("release").execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"ops": {"make_release": {"config": json.loads(sys.argv[1])}}},
        )
        events = result.get_asset_materialization_events()
        logs = instance.all_logs(result.run_id)
        recorded = {
            "success": result.success,
            "materialized": {
                event.asset_key.to_user_string(): {
                    name: value.value for name, value in event.materialization.metadata.items()
                }
                for event in events
            },
            "versions": [(event.materialization.tags or {}).get(VERSION) for event in events],
            "logged": [
                record.user_message
                for record in logs
                if record.level >= 30 and not record.is_dagster_event
            ],
        }
    print(json.dumps(recorded))


if __name__ == "__main__":
    main()

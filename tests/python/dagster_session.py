"""Run the job once with the Python of Dagster's environment, and print what Dagster recorded.

It takes the run options as JSON and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys

import dagster as dg
from orchestration.definitions import definitions

with dg.DagsterInstance.ephemeral() as instance:
    result = definitions.resolve_job_def("release").execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config={"ops": {"make_release": {"config": json.loads(sys.argv[1])}}},
    )
    made = [event.materialization for event in result.get_asset_materialization_events()]
    recorded = {
        "success": result.success,
        "materialized": {
            asset.asset_key.to_user_string(): {
                name: value.value for name, value in asset.metadata.items()
            }
            for asset in made
        },
        "versions": [(asset.tags or {}).get("dagster/data_version") for asset in made],
        "logged": [
            record.user_message
            for record in instance.all_logs(result.run_id)
            if record.level >= 30 and not record.is_dagster_event
        ],
    }
print(json.dumps(recorded))

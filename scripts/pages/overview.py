"""The key figures of the overview."""

from __future__ import annotations

from typing import Any

from pages.data import Data
from pages.numbers import place, shown
from pages.topics import KEY_FIGURES


def key_figures(data: Data) -> list[dict[str, Any]]:
    """Return the key figures, each of the latest fiscal year that has it."""
    latest = {
        (row["measure_id"], row["category_key"]): row
        for row in sorted(data.observations.values(), key=lambda row: int(row["fiscal_year"]))
        if row["population_id"] == "production_offenders"
        and row["is_preferred"]
        and row["obs_value"] is not None
    }
    return [
        {
            "text": shown(row),
            "value": str(row["obs_value"]),
            "observation": row,
            "is_derived": row["obs_status"] == "derived",
            "place": place(data, row).removeprefix("derived, "),
            "declared": data.declared_link(row["observation_id"], "checks.html"),
        }
        for row in (latest[key] for key in KEY_FIGURES if key in latest)
    ]

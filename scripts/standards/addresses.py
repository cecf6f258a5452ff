"""The permanent address of each number, and what stands there: place, base, checks, citations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pages.checks import VERDICTS
from pages.data import Data, grouped
from pages.numbers import place_in_print, shown, unit_of, what_of
from pages.text import Row, number
from standards.about import About
from standards.citation import apa, bibtex

BASES = {
    "all": "all of the population",
    "known": "those with the information known, whose number is not printed",
    "unstated": "not stated in print",
}


def addresses(data: Data, about: About, report_id: str) -> list[dict[str, Any]]:
    """Return what the page of a report's numbers says of each, in the order of the print."""
    report = next(row for row in about.reports if row["report_id"] == report_id)
    checks = grouped(data.checks, "observation_id")
    rules = {row["rule_id"]: row["label"] for row in data.rules}
    bounds: dict[str, list[str]] = {}
    for bound in data.bounds:
        for name in bound["observation_ids"].split():
            bounds.setdefault(name, []).append(bound["label"])
    recomputed = grouped(
        (each for each in data.reconciliations if each["recomputed_value"] is not None),
        "observation_id",
    )
    found = []
    for name, row in data.observations.items():
        if row["report_id"] != report_id:
            continue
        place = place_in_print(data, row)
        address = f"{about.url}cite/{report_id}.html#{name}"
        found.append(
            {
                "id": name,
                "what": f"{what_of(row)}, fiscal year {row['fiscal_year']}",
                "number": shown(row) + unit_of(row),
                "declared": data.declared.get(name),
                "checks": [
                    (rules[check["rule_id"]], VERDICTS[check["verdict"]], check["explanation"])
                    for check in checks.get(name, ())
                ],
                "facts": {
                    "Place": place,
                    "Percentage of": BASES.get(row["percent_base"], ""),
                    "At least": _plain(row["value_low"]),
                    "At most": _plain(row["value_high"]),
                    "Recomputed from case files": "; ".join(
                        map(_recomputed, recomputed.get(name, ()))
                    ),
                    "Bounds from it": "; ".join(bounds.get(name, ())),
                    "Address": address,
                    "APA": apa(about, report, place, address),
                },
                "bibtex": bibtex(about, report, name, place, address),
                "sql": f"select * from marts.fct_observations where observation_id = '{name}'",
            }
        )
    return found


def _plain(value: Decimal | None) -> str:
    return "" if value is None else number(value)


def _recomputed(row: Row) -> str:
    value = number(row["recomputed_value"], row["decimals"])
    return (
        f"{row['definition_label']}: {value} ({row['reason'] or row['verdict'].replace('_', ' ')})"
    )

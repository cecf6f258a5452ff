"""Checks: how many each rule makes, and each check of a report with its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from pages.data import Data, grouped, place_of, tally
from pages.tables import Cell, Table, plain
from pages.text import Row

VERDICTS = {
    "consistent": "✓ consistent",
    "documented_discrepancy": "† declared discrepancy",
    "inconsistent": "✗ inconsistent",
    "not_checkable": "not checkable",
}
RULE_HEADINGS = {
    "label": "Rule",
    "description": "What it checks",
    "checks": "Checks",
    "consistent": "Consistent",
    "declared": "Declared discrepancies",
}
APART = {"not_checkable": "Not checkable", "vacuous": "No value fails"}
HEADINGS = {
    "subject": "Checked",
    "exhibit": "Exhibit",
    "printed_value": "Printed",
    "expected_low": "Expected, least",
    "expected_high": "Expected, most",
    "verdict": "Verdict",
    "explanation": "Arithmetic",
}


def check_tables(data: Data, report_id: str) -> list[tuple[Row, Table]]:
    """Return the rules that make checks of a report, each with its checks."""
    exhibits = data.exhibits
    own = [row for row in data.checks if exhibits[row["exhibit_id"]]["report_id"] == report_id]
    checks = grouped(own, "rule_id")
    return [
        (rule, _checks_of_rule(data, rule, checks[rule["rule_id"]]))
        for rule in data.rules
        if rule["rule_id"] in checks
    ]


def rule_table(data: Data) -> Table:
    """Return the rules with the numbers of their checks, of all reports."""
    checks = grouped(data.checks, "rule_id")
    total = tally(data.checks)
    apart = {name: label for name, label in APART.items() if total[name]}
    rows = []
    for rule in data.rules:
        name = rule["rule_id"]
        counts = tally(checks.get(name, ()))
        counts["declared"] = counts["total"] - counts["consistent"]
        numbers = (plain(counts[kind]) for kind in ("total", "consistent", "declared", *apart))
        rows.append([Cell(rule["label"]), Cell(rule["description"]), *numbers])
    return Table("rule-table", "Checks by rule", {**RULE_HEADINGS, **apart}, rows)


def _checks_of_rule(data: Data, rule: Row, checks: Sequence[Row]) -> Table:
    rows = []
    for check in checks:
        number = data.observations.get(check["observation_id"])
        discrepancy = check["discrepancy_id"]
        verdict = VERDICTS[check["verdict"]]
        verdict += ", as any value would be" if check["is_vacuous"] else ""
        rows.append(
            (
                Cell(check["subject"], href=place_of(number) if number else None),
                Cell(data.exhibits[check["exhibit_id"]]["name"]),
                plain(check["printed_value"]),
                plain(check["expected_low"]),
                plain(check["expected_high"]),
                Cell(verdict, href=f"checks.html#{discrepancy}" if discrepancy else None),
                Cell(check["explanation"]),
            )
        )
    name, caption = rule["rule_id"], f"Checks by the rule: {rule['label'].lower()}"
    return Table(f"checks-{name}", caption, HEADINGS, rows, mart="fct_consistency_checks")

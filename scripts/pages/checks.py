"""The page of checks: how many each rule makes, and each check with its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.data import Data, sql_of, tally
from pages.tables import Cell, Table, plain
from pages.text import Row

VERDICTS = {
    "consistent": "✓ consistent",
    "documented_discrepancy": "† declared discrepancy",
    "inconsistent": "✗ inconsistent",
    "not_checkable": "not checkable",
}
APART = {"not_checkable": "Not checkable", "vacuous": "No value fails"}


def check_tables(data: Data) -> dict[str, Any]:
    """Return the rules with the numbers of their checks, and the checks of each rule."""
    rules = data.query(sql_of("rules"))
    of_rules: dict[str, list[Row]] = {rule["rule_id"]: [] for rule in rules}
    for check in data.checks:
        of_rules[check["rule_id"]].append(check)
    tables = [
        (rule, _checks_of_rule(data, rule, of_rules[rule["rule_id"]]))
        for rule in rules
        if of_rules[rule["rule_id"]]
    ]
    return {"rules": rules, "rule_table": _rule_table(rules, of_rules), "tables": tables}


def _rule_table(rules: Sequence[Row], of_rules: dict[str, list[Row]]) -> Table:
    total = tally(check for checks in of_rules.values() for check in checks)
    apart = {name: label for name, label in APART.items() if total[name]}
    headings = {
        "label": "Rule",
        "description": "What it checks",
        "checks": "Checks",
        "consistent": "Consistent",
        "declared": "Declared discrepancies",
        **apart,
    }
    rows = []
    for rule in rules:
        checks = of_rules[rule["rule_id"]]
        counts = tally(checks)
        rows.append(
            (
                Cell(rule["label"], href=f"#{rule['rule_id']}" if checks else None),
                Cell(rule["description"]),
                plain(counts["total"]),
                plain(counts["consistent"]),
                plain(counts["total"] - counts["consistent"]),
                *(plain(counts[name]) for name in apart),
            )
        )
    return Table("rule-table", "Checks by rule", headings, rows)


def _checks_of_rule(data: Data, rule: Row, checks: Sequence[Row]) -> Table:
    headings = {
        "subject": "Checked",
        "exhibit": "Exhibit",
        "printed_value": "Printed",
        "expected_low": "Expected, least",
        "expected_high": "Expected, most",
        "verdict": "Verdict",
        "explanation": "Arithmetic",
    }
    rows = []
    for check in checks:
        number, discrepancy = check["observation_id"], check["discrepancy_id"]
        verdict = VERDICTS[check["verdict"]]
        if check.get("is_vacuous"):
            verdict += ", as any value would be"
        rows.append(
            (
                Cell(check["subject"], href=f"numbers.html#{number}" if number else None),
                Cell(data.exhibits[check["exhibit_id"]]["name"]),
                Cell(check["printed_value"] or "", check["printed_value"]),
                plain(check["expected_low"]),
                plain(check["expected_high"]),
                Cell(verdict, href=f"#{discrepancy}" if discrepancy else None),
                Cell(check["explanation"]),
            )
        )
    caption = f"Checks by the rule: {rule['label'].lower()}"
    return Table(
        f"checks-{rule['rule_id']}", caption, headings, rows, mart="fct_consistency_checks"
    )

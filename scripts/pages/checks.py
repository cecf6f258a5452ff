"""The page of checks: how many each rule makes, and each check with its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.data import Data, grouped, sql_of, tally
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


def check_tables(data: Data) -> dict[str, Any]:
    """Return the rules with the numbers of their checks, and the checks of each rule."""
    rules = data.query(sql_of("rules"))
    checks = grouped(data.checks, "rule_id")
    tables = [
        (rule, _checks_of_rule(data, rule, checks[rule["rule_id"]]))
        for rule in rules
        if rule["rule_id"] in checks
    ]
    return {"rules": rules, "rule_table": _rule_table(data, rules, checks), "tables": tables}


def _rule_table(data: Data, rules: Sequence[Row], checks: dict[str, list[Row]]) -> Table:
    total = tally(data.checks)
    apart = {name: label for name, label in APART.items() if total[name]}
    rows = []
    for rule in rules:
        name = rule["rule_id"]
        counts = tally(checks.get(name, ()))
        declared = counts["total"] - counts["consistent"]
        numbers = [
            counts["total"],
            counts["consistent"],
            declared,
            *(counts[kind] for kind in apart),
        ]
        label = Cell(rule["label"], href=f"#{name}" if name in checks else None)
        rows.append([label, Cell(rule["description"]), *map(plain, numbers)])
    return Table("rule-table", "Checks by rule", {**RULE_HEADINGS, **apart}, rows)


def _checks_of_rule(data: Data, rule: Row, checks: Sequence[Row]) -> Table:
    rows = []
    for check in checks:
        number, discrepancy = check["observation_id"], check["discrepancy_id"]
        vacuous = ", as any value would be" if check["is_vacuous"] else ""
        rows.append(
            (
                Cell(check["subject"], href=f"numbers.html#{number}" if number else None),
                Cell(data.exhibits[check["exhibit_id"]]["name"]),
                plain(check["printed_value"]),
                plain(check["expected_low"]),
                plain(check["expected_high"]),
                Cell(
                    VERDICTS[check["verdict"]] + vacuous,
                    href=f"#{discrepancy}" if discrepancy else None,
                ),
                Cell(check["explanation"]),
            )
        )
    name, caption = rule["rule_id"], f"Checks by the rule: {rule['label'].lower()}"
    return Table(f"checks-{name}", caption, HEADINGS, rows, mart="fct_consistency_checks")

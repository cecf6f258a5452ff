"""The worked questions answer as the print does, and the rules' pages say what the rules do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import PROJECT, Built

RULES = PROJECT / "docs" / "rules"
REF = re.compile(r"\{\{\s*ref\('(\w+)'\)\s*\}\}")
CHECK_ID = re.compile(r"`([a-z_]+:[\w.:]+)`")
INDEX_LINK = re.compile(r"^\[([a-z -]+)\]\((\w+)\.md\)", re.MULTILINE)

# Each analysis with its whole answer; a line that begins with | continues the row above.
EXPECTED = {
    "01_sentence_by_inducement": """
2019 | Incapacitation | 23 | 313.00 | 47.00
2019 | Coercion | 103 | 291.00 | 25.00
2019 | Misrepresentation | 99 | 288.00 | 22.00
2019 | Enticement | 79 | 277.00 | 11.00
2019 | None | 307 | 266.00 | 0.00
""",
    "02_offenders_with_any_inducement": """
2019 | 205 | 512 | 288.4780 | 286.4804 | 290.4757 | derived
""",
    "03_victims_per_offense": """
2019 | One victim | 1 | 1 | 290 | 512 | 56.60 | 56.6406 | published
2019 | More than one victim | 2 | 440 | 210 | 512 | 41.00 | 41.0156 | published
2019 | Number of victims not stated in the report | (empty) | (empty) | 12 | 512 | (empty)
| 2.3438 | derived
""",
    "04_coercion_methods": """
2019 | 1 | Sextortion | 8.4 | 43 | 43 | 512 | Coercion, paragraph 2 | 46
2019 | 2 | Violence | 3.5 | 18 | 18 | 512 | Coercion, paragraph 3 | (empty)
2019 | 3 | Threatened violence | 6.8 | 35 | 35 | 512 | Coercion, paragraph 3 | (empty)
2019 | 4 | Another form of bullying | 1.6 | 8 | 8 | 512 | Coercion, paragraph 3 | 47
2019 | 5 | Other forms of pressure | 7.8 | 40 | 40 | 512 | Coercion, paragraph 3 | (empty)
""",
    "05_coercion_approaches": """
2019 | One coercive approach | 66 | coercion_offenders | 103 | 64.10
2019 | More than one coercive approach | 37 | coercion_offenders | 103 | 35.90
""",
    "06_offenders_by_fiscal_year": """
2005 | 98 | 2005 | 0.0000 | (empty)
2019 | 512 | 2005 | 422.4490 | 422.00
""",
    "07_place_in_print": """
2019 | Convicted under a statute with a mandatory minimum of at least 15 years | 78.0 | percent
| Key findings | Key Findings, paragraph 2 | (empty)
2019 | Guideline enhancement: Misrepresentation | 2 | levels
| Statements in the chapter on sentencing outcomes
| Incapacitation, Coercion, Enticement, or Misrepresentation, paragraph 1 | 54
2019 | Longest sentence | life | years | Key findings | Key Findings, paragraph 2 | (empty)
2019
| Mandatory minimum penalty
| 15 | years | Key findings | Key Findings, paragraph 2 | (empty)
2019 | Mean sentence | 275 | months
| Incapacitation, Coercion, Misrepresentation, or Enticement and Sentence Length
| Table 11, row 1 | (empty)
2019 | Shortest sentence | one | years | Key findings | Key Findings, paragraph 2 | (empty)
2019 | Variance below the applicable guideline range | 57.2 | percent | Key findings
| Key Findings, paragraph 2 | (empty)
""",
    "08_discrepancies": """
Key findings | Key Findings, paragraph 2
| Convicted under a statute carrying the mandatory minimum penalty | 78.0
| 77.9 (399 of 512) or 78.1 (400 of 512) | attainable_percentage
Offender Misrepresentation of Identity | Misrepresentation, paragraph 1 | Gender | 2.2
| 2.1 (11 of 512) | attainable_percentage
""",
    "09_wordings_and_figures": """
Average sentence | almost 23 years | approximation | 275 | months | Key Findings, paragraph 2
Convicted under a statute carrying the mandatory minimum penalty | over three-quarters | bound
| 78.0 | percent | Key Findings, paragraph 2
Mandatory minimum penalty of the statute | at least a 15-year | bound | 15 | years
| Key Findings, paragraph 2
Variance below the applicable guideline range | A majority | bound | 57.2 | percent
| Key Findings, paragraph 2
Single victim | A majority | bound | 56.6 | percent | Number of Victims, paragraph 1
More than one minor victim | a substantial minority | bound | 41.0 | percent
| Number of Victims, paragraph 1
Coerced a minor victim | one-in-five | approximation | 20.1 | percent | Coercion, paragraph 1
Only one coercive approach | roughly two-thirds | approximation | 64.1 | percent
| Coercion, paragraph 1
More than one coercive tactic | more than one-third | bound | 35.9 | percent
| Coercion, paragraph 1
Sextortion | roughly eight percent | approximation | 8.4 | percent | Coercion, paragraph 2
Used or threatened violence | Approximately ten percent | approximation | ten | percent
| Coercion, paragraph 3
Misrepresented identity | approximately one-fifth | approximation | 19.3 | percent
| Misrepresentation, paragraph 1
Coercion against None | more than two years longer | comparison | two | years
| Incapacitation, Coercion, Enticement, or Misrepresentation, paragraph 2
Enticement against None | 11 months longer | comparison | 11 | months
| Incapacitation, Coercion, Enticement, or Misrepresentation, paragraph 3
""",
    "10_checks_of_an_exhibit": """
Attainable percentage | Misrepresented identity, percent | 19.3 | 19.3359 | 19.3359 | consistent
Attainable percentage | Age, percent | 7.2 | 7.2266 | 7.2266 | consistent
Attainable percentage | Gender, percent | 2.2 | 2.1484 | 2.3438 | documented_discrepancy
Attainable percentage | Both age and gender, percent | 4.9 | 4.8828 | 4.8828 | consistent
Attainable percentage | Another aspect of identity, percent | 5.1 | 5.0781 | 5.0781 | consistent
Exclusive parts sum | Misrepresentation of identity: sum of the parts, count
| 7.2 + 2.2 + 4.9 + 5.1 | 99.0000 | 99.0000 | consistent
Exclusive parts sum | Misrepresentation of identity: sum of the parts, percent
| 7.2 + 2.2 + 4.9 + 5.1 | 19.2500 | 19.3500 | consistent
Percentage agrees with count | Misrepresented identity, percent | 19.3 | 19.3359 | 19.3359
| consistent
Subset within population | Age, percent | 7.2 | 0.0000 | 99.0000 | consistent
Subset within population | Gender, percent | 2.2 | 0.0000 | 99.0000 | consistent
Subset within population | Both age and gender, percent | 4.9 | 0.0000 | 99.0000 | consistent
Subset within population | Another aspect of identity, percent | 5.1 | 0.0000 | 99.0000
| consistent
Wording agrees | Misrepresented identity, "approximately one-fifth" | 19.3 | 18.3333 | 22.5000
| consistent
""",
}


def rows_of(table: str) -> list[tuple[str | None, ...]]:
    """Read an expected answer: cells as text, None for empty."""
    lines = table.strip().replace("\n|", " |").splitlines()
    return [
        tuple(None if cell == "(empty)" else cell for cell in line.split(" | ")) for line in lines
    ]


def resolved(raw_code: str) -> str:
    """Put the marts' names in place of ref(); with any other Jinja, a query does not parse."""
    return REF.sub(r"marts.\1", raw_code)


def query(warehouse: Path, sql: str) -> list[tuple[str | None, ...]]:
    """Return the rows of a query on the built warehouse, every cell as text."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(sql).fetchall()
    return [tuple(None if cell is None else str(cell) for cell in row) for row in rows]


@pytest.fixture(scope="module")
def nodes(built: Built) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(built.manifest.read_bytes())["nodes"]
    return found


def test_each_analysis_asks_a_question_says_what_to_mind_and_reads_marts_only(
    nodes: dict[str, dict[str, Any]],
) -> None:
    analyses = [node for node in nodes.values() if node["resource_type"] == "analysis"]
    assert sorted(node["name"] for node in analyses) == sorted(EXPECTED)
    for node in analyses:
        assert re.match(r"-- [A-Z].*\?\n-- ", node["raw_code"]), node["name"]
        assert node["description"], node["name"]
        parents = node["depends_on"]["nodes"]
        assert {nodes[parent]["schema"] for parent in parents} == {"marts"}, node["name"]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_answer_is_the_prints(
    name: str, nodes: dict[str, dict[str, Any]], built: Built
) -> None:
    sql = resolved(nodes[f"analysis.sentencing_warehouse.{name}"]["raw_code"])
    assert query(built.warehouse, sql) == rows_of(EXPECTED[name])


def test_every_rule_has_a_page(built: Built) -> None:
    rules = query(built.warehouse, "select label, rule_id from marts.dim_rules")
    index = (RULES / "README.md").read_text(encoding="utf-8")
    assert set(INDEX_LINK.findall(index)) == {(str(label).lower(), rule) for label, rule in rules}
    pages = {path.stem: path for path in RULES.glob("*.md") if path.name != "README.md"}
    assert set(pages) == {rule for _, rule in rules}
    for label, rule in rules:
        lines = pages[rule or ""].read_text(encoding="utf-8").splitlines()
        assert lines[0] == f"# {label}", rule
        assert len(lines) <= 25, rule


def test_the_checks_that_the_pages_cite_hold(built: Built) -> None:
    checks = query(
        built.warehouse, "select check_id, verdict, exhibit_id from marts.fct_consistency_checks"
    )
    with_checks = {
        str(check).split(":")[0]
        for check, _, exhibit in checks
        if str(exhibit).startswith("ussc_production_2021.")
    }
    consistent = {check for check, verdict, _ in checks if verdict == "consistent"}
    for page in RULES.glob("[!R]*.md"):
        cited = set(CHECK_ID.findall(page.read_text(encoding="utf-8")))
        assert bool(cited) == (page.stem in with_checks), page.name
        assert {check.split(":")[0] for check in cited} <= {page.stem}, page.name
        assert cited <= consistent, page.name

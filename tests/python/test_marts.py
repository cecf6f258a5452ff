"""The marts hold the public contract and give back what the report prints; pages say so too."""

from __future__ import annotations

import json
import re

import pytest

from conftest import FIXTURES, PROJECT, Built, Marts, answer, answers

RULES = PROJECT / "docs" / "rules"

CATEGORY_COLUMNS = (
    "fiscal_year, category_id, label, population_id, population_offender_count,"
    " published_percent, offender_count_low, offender_count_high"
)
CONTRACT = {
    "dim_reports": "report_id, title, publisher, publication_date, license, landing_url",
    "dim_exhibits": "exhibit_id, report_id, exhibit_type, exhibit_number, title",
    "dim_fiscal_years": "fiscal_year, starts_on, ends_on",
    "dim_populations": "population_id, label, parent_population_id",
    "dim_classifications": "classification_id, label, is_mutually_exclusive",
    "dim_categories": "category_id, classification_id, label, sort_order",
    "dim_measures": "measure_id, label, unit",
    "fct_observations": "observation_id, report_id, exhibit_id, fiscal_year, population_id,"
    " category_id, measure_id, printed_value, obs_value, decimals, value_low, value_high,"
    " obs_status, locator, footnote",
    "fct_sentence_by_inducement": "fiscal_year, inducement_id, inducement_label, offender_count,"
    " population_offender_count, offender_percent, mean_sentence_months,"
    " population_mean_sentence_months, months_above_no_inducement",
    "fct_victim_count_buckets": "fiscal_year, victim_count_bucket_id, bucket_label, victims_from,"
    " victims_to, offender_count, population_offender_count, published_percent,"
    " recomputed_percent, obs_status",
    "fct_coercion_methods": CATEGORY_COLUMNS,
    "fct_coercion_approach_counts": CATEGORY_COLUMNS,
    "fct_misrepresentation_types": CATEGORY_COLUMNS,
    "fct_enticement_types": CATEGORY_COLUMNS,
    "fct_offenders_by_fiscal_year": "fiscal_year, offender_count, percent_change_from_first_year",
    "fct_sentencing_outcomes": "fiscal_year, outcome_id, label, printed_value, obs_value, unit",
    "fct_consistency_checks": "check_id, rule_id, exhibit_id, subject, printed_value,"
    " expected_low, expected_high, verdict, explanation",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_table_has_the_columns_of_the_contract(marts: Marts, table: str) -> None:
    marts.execute(f"select {CONTRACT[table]} from marts.{table} limit 0")


# Each analysis, or another query, with its whole answer, read from the print and not the seeds.
ANSWERS = answers(FIXTURES / "answers.txt")


def resolved(raw_code: str) -> str:
    """Put the marts' names in place of ref(); with any other Jinja, a query does not parse."""
    return re.sub(r"\{\{\s*ref\('(\w+)'\)\s*\}\}", r"marts.\1", raw_code)


@pytest.mark.parametrize("question", ANSWERS)
def test_the_answer_is_the_prints(marts: Marts, question: str) -> None:
    analysis = PROJECT / "analyses" / f"{question}.sql"
    sql = question if " " in question else resolved(analysis.read_text(encoding="utf-8"))
    assert answer(marts, sql) == ANSWERS[question]


def test_each_analysis_asks_a_question_says_what_to_mind_and_reads_marts_only(built: Built) -> None:
    nodes = json.loads(built.manifest.read_bytes())["nodes"]
    analyses = [node for node in nodes.values() if node["resource_type"] == "analysis"]
    names = sorted(node["name"] for node in analyses)
    assert names == [question for question in ANSWERS if " " not in question]
    for node in analyses:
        assert re.match(r"-- [A-Z].*\?\n-- ", node["raw_code"]), node["name"]
        parents = node["depends_on"]["nodes"]
        assert {nodes[parent]["schema"] for parent in parents} == {"marts"}, node["name"]


def test_the_file_is_one_that_duckdb_1_0_reads(built: Built) -> None:
    # Bytes 12 to 20 of a DuckDB file hold its storage version: 64 is that of DuckDB 1.0.
    header = built.warehouse.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 64


def test_every_rule_has_a_page(marts: Marts) -> None:
    rules = marts.execute("select label, rule_id from marts.dim_rules").fetchall()
    pages = {path.stem: path for path in RULES.glob("[!R]*.md")}
    assert set(pages) == {rule for _, rule in rules}
    for label, rule in rules:
        lines = pages[rule].read_text(encoding="utf-8").splitlines()
        assert lines[0] == f"# {label}", rule
        assert len(lines) <= 25, rule


def test_the_checks_that_the_pages_cite_hold(marts: Marts) -> None:
    checks = marts.execute(
        "select check_id, rule_id, verdict from marts.fct_consistency_checks"
    ).fetchall()
    with_checks = {rule for _, rule, _ in checks}
    consistent = {check for check, _, verdict in checks if verdict == "consistent"}
    for page in RULES.glob("[!R]*.md"):
        cited = set(re.findall(r"`([a-z_]+:[\w.:]+)`", page.read_text(encoding="utf-8")))
        assert bool(cited) == (page.stem in with_checks), page.name
        assert {check.split(":")[0] for check in cited} <= {page.stem}, page.name
        assert cited <= consistent, page.name

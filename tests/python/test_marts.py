"""The marts hold the public contract and give back what the report prints; pages say so too."""

from __future__ import annotations

import json
import re

import pytest

from conftest import PROJECT, Built, Marts

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

# The codes of the first report that the contract names, by the column that has them.
CODES = {
    "fct_sentence_by_inducement.inducement_id": "incapacitation coercion misrepresentation"
    " enticement none",
    "fct_victim_count_buckets.victim_count_bucket_id": "one more_than_one not_reported",
    "fct_coercion_methods.category_id": "sextortion violence threatened_violence bullying"
    " other_pressure",
    "fct_coercion_approach_counts.category_id": "one more_than_one",
    "fct_misrepresentation_types.category_id": "age gender age_and_gender other",
    "fct_enticement_types.category_id": "gifts_or_incentives drugs_or_alcohol"
    " gifts_and_drugs_or_alcohol",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_table_has_the_columns_of_the_contract(marts: Marts, table: str) -> None:
    marts.execute(f"select {CONTRACT[table]} from marts.{table} limit 0")


@pytest.mark.parametrize("column", CODES)
def test_rows_have_the_codes_of_the_contract_in_printed_order(marts: Marts, column: str) -> None:
    table, _, name = column.partition(".")
    found = marts.execute(f"select {name} from marts.{table} order by sort_order").fetchall()
    assert " ".join(code for (code,) in found) == CODES[column]


# Each analysis, or another query, with its whole answer, read from the print and not the seeds.
# A line that begins with | continues the row above.
ANSWERS = {
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
2019 | Number of victims not stated in the report | - | - | 12 | 512 | -
| 2.3438 | derived
""",
    "04_coercion_methods": """
2019 | 1 | Sextortion | 8.4 | 43 | 43 | 512 | Coercion, paragraph 2 | 46
2019 | 2 | Violence | 3.5 | 18 | 18 | 512 | Coercion, paragraph 3 | -
2019 | 3 | Threatened violence | 6.8 | 35 | 35 | 512 | Coercion, paragraph 3 | -
2019 | 4 | Another form of bullying | 1.6 | 8 | 8 | 512 | Coercion, paragraph 3 | 47
2019 | 5 | Other forms of pressure | 7.8 | 40 | 40 | 512 | Coercion, paragraph 3 | -
""",
    "05_kinds_of_inducement": """
2019 | Offenders who used two or more kinds of inducement
| 38.0000 | 99.0000 | 38 | 99 | True | - | 12
2019 | Mean sentence of those who used two or more kinds of inducement
| 171.7540 | 377.0667 | 42595/248 | 5656/15 | True
| maximum_of_each minimum_of_each rounding | 76
""",
    "06_offenders_by_fiscal_year": """
2005 | 98 | 2005 | 0.0000 | -
2019 | 512 | 2005 | 422.4490 | 422.00
""",
    "07_place_in_print": """
2019 | Convicted under a statute with a mandatory minimum of at least 15 years | 78.0 | percent
| Key findings | Key Findings, paragraph 2 | -
2019 | Guideline enhancement: Misrepresentation | 2 | levels
| Statements in the chapter on sentencing outcomes
| Incapacitation, Coercion, Enticement, or Misrepresentation, paragraph 1 | 54
2019 | Longest sentence | life | years | Key findings | Key Findings, paragraph 2 | -
2019
| Mandatory minimum penalty
| 15 | years | Key findings | Key Findings, paragraph 2 | -
2019 | Mean sentence | 275 | months
| Incapacitation, Coercion, Misrepresentation, or Enticement and Sentence Length
| Table 11, row 1 | -
2019 | Shortest sentence | one | years | Key findings | Key Findings, paragraph 2 | -
2019 | Variance below the applicable guideline range | 57.2 | percent | Key findings
| Key Findings, paragraph 2 | -
""",
    "08_discrepancies": """
Key findings | Key Findings, paragraph 2
| Convicted under a statute carrying the mandatory minimum penalty | 78.0
| 77.9 (399 of 512) or 78.1 (400 of 512) | attainable_percentage
Offender Misrepresentation of Identity | Misrepresentation, paragraph 1 | Gender | 2.2
| 2.1 (11 of 512) | attainable_percentage
Statements of the page | Individual and Offense Characteristics, paragraph 8
| Northern District of Iowa | 41.6 | at most 38.9 in this place | ranked_list
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
    "select category_id, published_percent, offender_count_low, offender_count_high, is_attainable"
    " from marts.fct_misrepresentation_types order by sort_order": """
age | 7.20 | 37 | 37 | True
gender | 2.20 | 11 | 11 | False
age_and_gender | 4.90 | 25 | 25 | True
other | 5.10 | 26 | 26 | True
""",
    "select outcome_id, obs_value from marts.fct_sentencing_outcomes"
    " where outcome_id like '%est_sentence_years' order by outcome_id": """
longest_sentence_years | -
shortest_sentence_years | 1.0000
""",
    "select measure_id, printed_value, locator, footnote from marts.fct_observations"
    " where measure_id like '%victim_count' order by obs_value": """
smallest_victim_count | one | Number of Victims, paragraph 1 | 40
largest_victim_count | 440 | Number of Victims, paragraph 1 | 40
""",
    "select obs_status, count(*) from marts.fct_observations"
    " where report_id = 'ussc_production_2021' group by obs_status order by 1": """
derived | 18
published | 60
""",
}


def resolved(raw_code: str) -> str:
    """Put the marts' names in place of ref(); with any other Jinja, a query does not parse."""
    return re.sub(r"\{\{\s*ref\('(\w+)'\)\s*\}\}", r"marts.\1", raw_code)


@pytest.mark.parametrize("question", ANSWERS)
def test_the_answer_is_the_prints(marts: Marts, question: str) -> None:
    analysis = PROJECT / "analyses" / f"{question}.sql"
    sql = question if " " in question else resolved(analysis.read_text(encoding="utf-8"))
    rows = marts.execute(sql).fetchall()
    found = [" | ".join("-" if cell is None else str(cell) for cell in row) for row in rows]
    assert found == ANSWERS[question].strip().replace("\n|", " |").splitlines()


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

"""The marts hold the public contract and give back what the report prints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conftest import Built

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


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(built.warehouse), read_only=True)
    connection.execute("use marts")
    yield connection
    connection.close()


@pytest.mark.parametrize("table", CONTRACT)
def test_table_has_the_columns_of_the_contract(
    marts: duckdb.DuckDBPyConnection, table: str
) -> None:
    marts.execute(f"select {CONTRACT[table]} from {table} limit 0")


@pytest.mark.parametrize("column", CODES)
def test_rows_have_the_codes_of_the_contract_in_printed_order(
    marts: duckdb.DuckDBPyConnection, column: str
) -> None:
    table, _, name = column.partition(".")
    found = marts.execute(f"select {name} from {table} order by sort_order").fetchall()
    assert " ".join(code for (code,) in found) == CODES[column]


# What the report prints, read from the print and not from the seeds; the answers of the analyses,
# which test_analyses.py checks, are not repeated.
ANSWERS = {
    "the total of Table 11": (
        "select distinct fiscal_year, population_offender_count, population_mean_sentence_months"
        " from fct_sentence_by_inducement",
        ["2019 512 275.00"],
    ),
    "Table 11 as printed": (
        "select type_of_inducement, n, mean_sentence from rpt_ussc_production_2021__table_11",
        [
            "Total §2G2.1 Offenders 512 275",
            "Incapacitation 23 313",
            "Coercion 103 291",
            "Misrepresentation 99 288",
            "Enticement 79 277",
            "None 307 266",
        ],
    ),
    "those who used no inducement": (
        "select offender_count, mean_sentence_months, mean_sentence_months_low,"
        " mean_sentence_months_high, obs_status from fct_sentence_by_inducement_use"
        " where inducement_use_id = 'none'",
        ["307 266.0000 265.5000 266.5000 published"],
    ),
    "misrepresentation": (
        "select category_id, published_percent, offender_count_low, offender_count_high,"
        " is_attainable from fct_misrepresentation_types order by sort_order",
        [
            "age 7.20 37 37 True",
            "gender 2.20 11 12 False",
            "age_and_gender 4.90 25 25 True",
            "other 5.10 26 26 True",
        ],
    ),
    "enticement": (
        "select category_id, published_percent, offender_count from fct_enticement_types"
        " order by sort_order",
        [
            "gifts_or_incentives 11.90 61",
            "drugs_or_alcohol 2.50 13",
            "gifts_and_drugs_or_alcohol 1.00 5",
        ],
    ),
    "sentencing outcomes": (
        "select outcome_id, obs_value from fct_sentencing_outcomes order by outcome_id",
        [
            "guideline_enhancement_levels 2.0000",
            "longest_sentence_years None",
            "mandatory_minimum_15_years_or_more 78.0000",
            "mandatory_minimum_years 15.0000",
            "mean_sentence_months 275.0000",
            "shortest_sentence_years 1.0000",
            "variance_below_guideline_range 57.2000",
        ],
    ),
    "the range of victims with its footnote": (
        "select measure_id, printed_value, locator, footnote from fct_observations"
        " where measure_id like '%victim_count' order by obs_value",
        [
            "smallest_victim_count one Number of Victims, paragraph 1 40",
            "largest_victim_count 440 Number of Victims, paragraph 1 40",
        ],
    ),
    "the numbers of observations": (
        "select obs_status, count(*) from fct_observations"
        " where report_id = 'ussc_production_2021' group by obs_status order by 1",
        ["derived 18", "published 60"],
    ),
}


@pytest.mark.parametrize("question", ANSWERS)
def test_marts_give_what_is_printed(marts: duckdb.DuckDBPyConnection, question: str) -> None:
    query, answer = ANSWERS[question]
    assert [" ".join(map(str, row)) for row in marts.execute(query).fetchall()] == answer


def test_older_client_reads_the_file(built: Built) -> None:
    client = Path(sys.executable).with_name("duckdb")
    version = subprocess.run([client, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("v1."), "the client in the lock file is of DuckDB 1"
    query = "select sum(offender_count) from marts.fct_victim_count_buckets"
    done = subprocess.run(
        [client, "-readonly", "-csv", "-noheader", "-c", query, built.warehouse],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "512"
    # Bytes 12 to 20 of a DuckDB file hold its storage version: 64 is that of DuckDB 1.0.
    header = built.warehouse.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 64

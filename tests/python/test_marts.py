"""The marts hold the public contract and give back what the report prints."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

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


# What the report prints, read from the print and not from the seeds.
ANSWERS = {
    "Table 11": (
        "select inducement_id, offender_count, mean_sentence_months, months_above_no_inducement"
        " from fct_sentence_by_inducement order by sort_order",
        [
            ("incapacitation", 23, 313, 47),
            ("coercion", 103, 291, 25),
            ("misrepresentation", 99, 288, 22),
            ("enticement", 79, 277, 11),
            ("none", 307, 266, 0),
        ],
    ),
    "the total of Table 11": (
        "select distinct fiscal_year, population_offender_count, population_mean_sentence_months"
        " from fct_sentence_by_inducement",
        [(2019, 512, 275)],
    ),
    "Table 11 as printed": (
        "select type_of_inducement, n, mean_sentence from rpt_ussc_production_2021__table_11",
        [
            ("Total §2G2.1 Offenders", "512", "275"),
            ("Incapacitation", "23", "313"),
            ("Coercion", "103", "291"),
            ("Misrepresentation", "99", "288"),
            ("Enticement", "79", "277"),
            ("None", "307", "266"),
        ],
    ),
    "those who used any inducement": (
        "select inducement_use_id, offender_count, mean_sentence_months, mean_sentence_months_low,"
        " mean_sentence_months_high, obs_status from fct_sentence_by_inducement_use"
        " order by inducement_use_id",
        [
            (
                "any",
                205,
                Decimal("288.4780"),
                Decimal("286.4804"),
                Decimal("290.4757"),
                "derived",
            ),
            ("none", 307, 266, Decimal("265.5"), Decimal("266.5"), "published"),
        ],
    ),
    "Figure 10": (
        "select victim_count_bucket_id, victims_from, victims_to, offender_count,"
        " published_percent, recomputed_percent, obs_status"
        " from fct_victim_count_buckets order by sort_order",
        [
            ("one", 1, 1, 290, Decimal("56.6"), Decimal("56.6406"), "published"),
            ("more_than_one", 2, 440, 210, 41, Decimal("41.0156"), "published"),
            ("not_reported", None, None, 12, None, Decimal("2.3438"), "derived"),
        ],
    ),
    "coercion": (
        "select category_id, published_percent, offender_count_low, offender_count_high"
        " from fct_coercion_methods order by sort_order",
        [
            ("sextortion", Decimal("8.4"), 43, 43),
            ("violence", Decimal("3.5"), 18, 18),
            ("threatened_violence", Decimal("6.8"), 35, 35),
            ("bullying", Decimal("1.6"), 8, 8),
            ("other_pressure", Decimal("7.8"), 40, 40),
        ],
    ),
    "the number of coercive approaches": (
        "select category_id, population_id, population_offender_count, published_percent,"
        " offender_count from fct_coercion_approach_counts order by sort_order",
        [
            ("one", "coercion_offenders", 103, Decimal("64.1"), 66),
            ("more_than_one", "coercion_offenders", 103, Decimal("35.9"), 37),
        ],
    ),
    "misrepresentation": (
        "select category_id, published_percent, offender_count_low, offender_count_high,"
        " is_attainable from fct_misrepresentation_types order by sort_order",
        [
            ("age", Decimal("7.2"), 37, 37, True),
            ("gender", Decimal("2.2"), 11, 12, False),
            ("age_and_gender", Decimal("4.9"), 25, 25, True),
            ("other", Decimal("5.1"), 26, 26, True),
        ],
    ),
    "enticement": (
        "select category_id, published_percent, offender_count from fct_enticement_types"
        " order by sort_order",
        [
            ("gifts_or_incentives", Decimal("11.9"), 61),
            ("drugs_or_alcohol", Decimal("2.5"), 13),
            ("gifts_and_drugs_or_alcohol", 1, 5),
        ],
    ),
    "offenders by fiscal year": (
        "select fiscal_year, offender_count, percent_change_from_first_year,"
        " published_percent_change from fct_offenders_by_fiscal_year order by fiscal_year",
        [(2005, 98, 0, None), (2019, 512, Decimal("422.4490"), 422)],
    ),
    "sentencing outcomes": (
        "select outcome_id, printed_value, obs_value, unit from fct_sentencing_outcomes"
        " order by outcome_id",
        [
            ("guideline_enhancement_levels", "2", 2, "levels"),
            ("longest_sentence_years", "life", None, "years"),
            ("mandatory_minimum_15_years_or_more", "78.0", 78, "percent"),
            ("mandatory_minimum_years", "15", 15, "years"),
            ("mean_sentence_months", "275", 275, "months"),
            ("shortest_sentence_years", "one", 1, "years"),
            ("variance_below_guideline_range", "57.2", Decimal("57.2"), "percent"),
        ],
    ),
    "the range of victims with its footnote": (
        "select measure_id, printed_value, locator, footnote from fct_observations"
        " where measure_id like '%victim_count' order by obs_value",
        [
            ("smallest_victim_count", "one", "Number of Victims, paragraph 1", "40"),
            ("largest_victim_count", "440", "Number of Victims, paragraph 1", "40"),
        ],
    ),
    "words beside figures": (
        "select wording, wording_category, printed_value from fct_observations"
        " where wording is not null order by wording",
        [
            ("11 months longer", "comparison", "11"),
            ("A majority", "bound", "56.6"),
            ("A majority", "bound", "57.2"),
            ("Approximately ten percent", "approximation", "ten"),
            ("a substantial minority", "bound", "41.0"),
            ("almost 23 years", "approximation", "275"),
            ("approximately one-fifth", "approximation", "19.3"),
            ("at least a 15-year", "bound", "15"),
            ("more than one-third", "bound", "35.9"),
            ("more than two years longer", "comparison", "two"),
            ("one-in-five", "approximation", "20.1"),
            ("over three-quarters", "bound", "78.0"),
            ("roughly eight percent", "approximation", "8.4"),
            ("roughly two-thirds", "approximation", "64.1"),
        ],
    ),
    "the discrepancies": (
        "select exhibit_id, row_label, printed_value from rpt_discrepancies order by exhibit_id",
        [
            ("ussc_production_2021.figure_23", "Gender", "2.2"),
            (
                "ussc_production_2021.key_findings",
                "Convicted under a statute carrying the mandatory minimum penalty",
                "78.0",
            ),
        ],
    ),
    "the numbers of observations": (
        "select obs_status, count(*) from fct_observations"
        " where report_id = 'ussc_production_2021' group by obs_status order by 1",
        [("derived", 18), ("published", 60)],
    ),
}


@pytest.mark.parametrize("question", ANSWERS)
def test_marts_give_what_is_printed(marts: duckdb.DuckDBPyConnection, question: str) -> None:
    query, answer = ANSWERS[question]
    assert sorted(map(str, marts.execute(query).fetchall())) == sorted(
        str(row) for row in _like(marts, query, answer)
    )


def _like(
    marts: duckdb.DuckDBPyConnection, query: str, answer: list[tuple[object, ...]]
) -> list[tuple[object, ...]]:
    """Write the expected whole numbers as the decimals of the columns that they stand in."""
    names = ", ".join(f"c{i}" for i in range(len(answer[0])))
    types = [str(kind) for kind in marts.sql(query).types]
    casts = ", ".join(f"cast(c{i} as {kind})" for i, kind in enumerate(types))
    rows = []
    for row in answer:
        marks = ", ".join("?" for _ in row)
        rows += marts.execute(
            f"select {casts} from (values ({marks})) as t({names})", row
        ).fetchall()
    return rows


def test_exclusive_facts_sum_to_their_population(marts: duckdb.DuckDBPyConnection) -> None:
    for table in (
        "fct_victim_count_buckets",
        "fct_coercion_approach_counts",
        "fct_sentence_by_inducement_use",
    ):
        query = f"select sum(offender_count), max(population_offender_count) from {table}"
        total, population = marts.execute(query).fetchone()
        assert total == population, table


def test_file_is_readable_by_older_clients(built: Built) -> None:
    # Bytes 12 to 20 of a DuckDB file hold its storage version: 64 is that of DuckDB 1.0.
    header = built.warehouse.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 64


def test_older_client_reads_the_file(built: Built) -> None:
    import subprocess
    import sys
    from pathlib import Path

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

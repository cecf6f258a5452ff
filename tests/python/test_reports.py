"""The Quick Facts beside the first report: what is printed where, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from conftest import Built

PAGES = "report_id like 'ussc_quick_facts_%'"


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(built.warehouse, read_only=True) as connection:
        yield connection


def test_every_number_is_there(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select exhibit_id, printed_row_count, printed_number_count from marts.dim_exhibits"
        f" where {PAGES} order by all"
    )
    assert rows.fetchall() == [
        ("ussc_quick_facts_drug_trafficking_2023.statements", 27, 27),
        ("ussc_quick_facts_section_922g_2023.statements", 29, 29),
        ("ussc_quick_facts_sexual_abuse_2023.statements", 34, 34),
        ("ussc_quick_facts_theft_property_fraud_2019.figure_1", 5, 5),
        ("ussc_quick_facts_theft_property_fraud_2019.statements", 27, 27),
    ]


def test_one_sentence_has_two_populations(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select population_id, printed_value, heading, paragraph from marts.fct_observations"
        " where category_key = 'modes_of_conviction.trial' order by row_number"
    )
    place = ("Individual and Offense Characteristics", 12)
    assert rows.fetchall() == [
        ("sexual_abuse_offenders", "11.1", *place),
        ("all_but_sexual_abuse_offenders", "2.7", *place),
    ]


def test_a_number_of_three_pages_is_one_series(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select count(distinct report_id), count(case when is_preferred then 1 end)"
        " from marts.fct_observations where printed_value = '64,124'"
        " group by series_key"
    )
    assert rows.fetchall() == [(3, 1)]


def test_only_a_base_in_the_sentence_gives_counts(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select printed_value, percent_base from marts.fct_observations"
        f" where {PAGES} and percent_base <> 'unstated'"
    )
    assert rows.fetchall() == [("88.5", "all")]
    rows = marts.execute(
        "select category_key, value_low::integer, value_high::integer from marts.fct_observations"
        f" where {PAGES} and obs_status = 'derived' order by all"
    )
    assert rows.fetchall() == [
        ("drug_offense_types.other", 127, 127),
        ("section_922g_grounds.prior_felony", 7112, 7119),
    ]


def test_offense_types_are_parts_of_all_cases(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select explanation from marts.fct_consistency_checks join marts.fct_observations"
        " using (observation_id) where rule_id = 'subset_within_population'"
        f" and {PAGES} and category_key = 'population_total.total' order by all"
    )
    parts = [text.partition(" (")[0] for (text,) in rows.fetchall()]
    assert parts == [
        "1395 is part of 64,124",
        "18939 is part of 19,066",
        "19066 is part of 64,124",
        "5707 is part of 76,538",
        "8040 is part of 64,124",
    ]


def test_an_earlier_year_that_is_not_printed(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select explanation, is_vacuous from marts.fct_consistency_checks"
        " where rule_id = 'percent_change' and exhibit_id like '%sexual_abuse%'"
    )
    assert rows.fetchall() == [("from 1165 to 1395", False)]


def test_a_list_that_is_out_of_order_is_declared(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select subject, printed_value, expected_high from marts.fct_consistency_checks"
        " where rule_id = 'ranked_list' and verdict <> 'consistent'"
    )
    [(subject, printed_value, most)] = rows.fetchall()
    assert (subject.partition(",")[0], printed_value, float(most)) == (
        "Northern District of Iowa", "41.6", 38.9,
    )  # fmt: skip

"""Each check is seen to fail: every rule on an altered print, every test on an altered table.

The SQL of the build is replayed on DuckDB in memory; each case alters something in a transaction,
runs again what could see it, and rolls back.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from conftest import FIXTURES, PROJECT, Built
from verification import replay
from warehouse.sheets import load_sheets

REPORT = "ussc_production_2021"
CHECKS = "fct_consistency_checks__nothing_is_inconsistent"
WELL_FORMED = "relations__are_well_formed"
SEXUAL_ABUSE = "ussc_quick_facts_sexual_abuse_2023.statements"
THEFT = "ussc_quick_facts_theft_property_fraud_2019.statements"


@dataclass
class Replayed:
    """The replayed build."""

    connection: duckdb.DuckDBPyConnection
    steps: list[replay.Step]

    def rerun(self, *, after: str = "", tests: bool = True) -> dict[str, list[Any]]:
        """Run models and tests again on the tables as they are now, or those after a model."""
        names = [step.name for step in self.steps]
        kinds = ("models", "tests") if tests else ("models",)
        steps = self.steps[names.index(after) + 1 if after else 0 :]
        return replay.run_steps(self.connection, [step for step in steps if step.kind in kinds])

    def failures_of(self, test: str) -> list[Any]:
        """Run one test on the tables as they are now."""
        [step] = [step for step in self.steps if step.name == test]
        return replay.run_steps(self.connection, [step]).get(test, [])

    def rows(self, query: str) -> list[Any]:
        """Return the rows of a query."""
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def replayed(built: Built) -> Iterator[Replayed]:
    steps = replay.read_steps(built.manifest, built.run_results)
    # Views as tables, so that cases can alter them.
    steps = [replay.materialized(step) for step in steps]
    with replay.open_database(steps[0]) as connection:
        load_sheets(connection, PROJECT)
        assert replay.run_steps(connection, steps) == {}
        yield Replayed(connection, steps)


@pytest.fixture
def altered(replayed: Replayed) -> Iterator[Replayed]:
    """The replayed build in a transaction that is rolled back."""
    replayed.connection.begin()
    yield replayed
    replayed.connection.rollback()


def printed(exhibit: str, row: int, column: str, value: str) -> str:
    """Print another number in a cell."""
    return (
        f"update raw.cells set printed_value = '{value}' where exhibit_id = '{REPORT}.{exhibit}'"
        f" and row_number = '{row}' and column_name = '{column}';"
    )


def reprinted(page: str, row: int, value: str) -> str:
    """Print another number in a statement of one of the Quick Facts."""
    return (
        f"update raw.cells set printed_value = '{value}' where row_number = '{row}'"
        f" and exhibit_id = 'ussc_quick_facts_{page}.statements';"
    )


def erased(exhibit: str, *rows: int, column: str = "n") -> str:
    """Leave cells of a column empty."""
    return (
        f"delete from raw.cells where exhibit_id = '{REPORT}.{exhibit}' and column_name ="
        f" '{column}' and row_number::integer in {rows!r};".replace(",)", ")")
    )


def cell(
    row: int, column: str, value: str, *, exhibit: str = f"{REPORT}.table_11", **codes: str
) -> str:
    """Add a cell; its column is the first, unless it has means or shares."""
    values = {
        "report_id": exhibit.partition(".")[0],
        "exhibit_id": exhibit,
        "row_number": row,
        "row_label": f"row {row}",
        "column_number": {"mean_sentence": 2, "share": 3}.get(column, 1),
        "column_name": column,
        "printed_value": value,
        **codes,
    }
    named = ", ".join(f"'{text}' as {name}" for name, text in values.items())
    return f"insert into raw.cells by name select {named};"


def approaches(row: int, column: str, one: str, more: str, **codes: str) -> str:
    """Add two cells, of the offenders with one approach and with more than one."""
    return "".join(
        cell(
            row + more_rows, column, value, category_key=f"coercion_approach_counts.{id_}", **codes
        )
        for more_rows, id_, value in ((0, "one", one), (1, "more_than_one", more))
    )


# Rule -> an alteration of the print that breaks it. The report prints no means of exclusive
# categories: it is given some. They agree if the first is 287: 66 x 286.5 + 37 x 299 = 103 x 291.
MEANS = {"population_id": "coercion_offenders"}
RULES = {
    "attainable_percentage": printed("figure_22", 4, "percent", "8.5"),
    "percentage_agrees_with_count": printed("figure_10", 3, "n", "291"),
    "exclusive_parts_sum": printed("figure_22", 3, "n", "38"),
    "subset_within_population": printed("table_11", 2, "n", "207"),
    "overlap_bounds": printed("table_11", 6, "n", "207"),
    "multiplicity_bounds": printed("figure_22", 9, "percent", "6.8"),
    "overlap_mean_bounds": printed("table_11", 1, "mean_sentence", "375"),
    "cross_exhibit_agreement": printed("figure_24", 1, "n", "513"),
    "percent_change": printed("key_findings", 3, "printed_value", "99"),
    "period_length": printed("key_findings", 2, "printed_value", "14"),
    "ordering": printed("key_findings", 6, "printed_value", "30"),
    "range_agrees_with_buckets": printed("figure_10", 1, "number_of_victims", "2"),
    "wording_agrees": printed("key_findings", 5, "printed_value", "276"),
    "stated_comparison": "update raw.comparisons set left_row = 'None', right_row = 'Coercion'"
    " where row_number = '10'",
    "weighted_mean": approaches(7, "mean_sentence", "276", "299", **MEANS),
    "ranked_list": reprinted("sexual_abuse_2023", 31, "37"),
    "median_agrees_with_shares": reprinted("theft_property_fraud_2019", 12, "157,500"),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_fails_on_an_altered_print(altered: Replayed, rule: str) -> None:
    altered.connection.execute(RULES[rule])
    failures = altered.rerun()
    broken = "select rule_id from marts.fct_consistency_checks where verdict = 'inconsistent'"
    assert (rule,) in altered.rows(broken)
    assert CHECKS in failures


def test_every_rule_has_a_case() -> None:
    with (PROJECT / "seeds" / "reference" / "rules.csv").open(encoding="utf-8") as file:
        assert {row["rule_id"] for row in csv.DictReader(file)} == set(RULES)


# Means of two groups with their shares, in a year of which no count is printed.
SHARES = approaches(
    7, "share", "62.8", "37.2", fiscal_year="2018", measure_id="offender_percent",
    percent_base="known",
) + approaches(7, "mean_sentence", "270", "116", fiscal_year="2018")  # fmt: skip
UNCOUNTED = "update raw.cells set percent_base = '{}' where exhibit_id like '%figure_22';" + erased(
    "figure_22", 2, 3
)
APPROACHES = f"exclusive_parts_sum:coercion_approach_counts.percent:{REPORT}.figure_22.2.percent"
ATTAINABLE = f"attainable_percentage:{REPORT}.figure_22.4.percent"
BY_COUNTS = f"weighted_mean:coercion_approach_counts:{REPORT}.table_11.3.mean_sentence"
BY_SHARES = f"weighted_mean:coercion_approach_counts.shares:{REPORT}.table_11.9.mean_sentence"
CHANGE = f"percent_change:{REPORT}.key_findings.1.printed_value"
LIFE = f"cross_exhibit_agreement:{REPORT}.key_findings.7.printed_value"
DRUGS = "ussc_quick_facts_drug_trafficking_2023.statements"
# What is printed, and the verdicts of some checks then: what is altered together is about other
# numbers, so that each verdict has one cause.
VERDICTS: list[tuple[str, dict[str, str]]] = [
    (
        approaches(10, "mean_sentence", "287", "299", **MEANS)
        + SHARES
        + cell(9, "mean_sentence", "213", fiscal_year="2018")
        # A change since a year that is not printed.
        + erased("key_findings", 3, column="printed_value")
        + cell(12, "longest", "life", measure_id="longest_sentence_years"),
        dict.fromkeys((BY_COUNTS, BY_SHARES, CHANGE, LIFE), "consistent"),
    ),
    (
        SHARES
        + cell(9, "mean_sentence", "216", fiscal_year="2018")
        + UNCOUNTED.format("unstated")
        # No number of that year gives the change.
        + erased("key_findings", 3, column="printed_value")
        + printed("key_findings", 1, "printed_value", "423")
        + cell(12, "longest", "30", measure_id="longest_sentence_years")
        # A change of a number that is not printed; a decrease; a group in place of its parts.
        + f"delete from raw.cells where exhibit_id = '{SEXUAL_ABUSE}' and row_number = '2';"
        + reprinted("theft_property_fraud_2019", 3, "27.3")
        + reprinted("drug_trafficking_2023", 10, "3.4"),
        {
            **dict.fromkeys((BY_SHARES, CHANGE, LIFE), "inconsistent"),
            f"percent_change:{SEXUAL_ABUSE}.3.printed_value": "not_checkable",
            f"percent_change:{THEFT}.3.printed_value": "inconsistent",
            f"exclusive_parts_sum:race.percent:{DRUGS}.10.printed_value": "inconsistent",
            ATTAINABLE: "not_checkable",
            APPROACHES: "consistent",
        },
    ),
    (
        UNCOUNTED.format("known") + printed("figure_22", 3, "percent", "36.9"),
        {ATTAINABLE: "not_checkable", APPROACHES: "inconsistent"},
    ),
]


@pytest.mark.parametrize(("alteration", "expected"), VERDICTS)
def test_verdicts(altered: Replayed, alteration: str, expected: dict[str, str]) -> None:
    altered.connection.execute(alteration)
    altered.rerun(tests=False)
    verdicts = dict(altered.rows("select check_id, verdict from marts.fct_consistency_checks"))
    assert {check_id: verdicts.get(check_id) for check_id in expected} == expected


# What is printed -> a query, and its rows then.
OBSERVATIONS = {
    "nothing is derived from an unknown base": (
        UNCOUNTED.format("unstated"),
        "select category_id from marts.fct_observations where obs_status = 'derived'"
        " and classification_id = 'coercion_methods' and measure_id = 'offender_count'",
        [],
    ),
    # 20 percent of 512 are 100 to 104; of those 64.1 percent are 65 or 66, 35.9 are 36 or 37.
    "a base known by its percentage gives bounds": (
        erased("table_11", 3)
        + erased("figure_22", 1, 2, 3)
        + printed("figure_22", 1, "percent", "20"),
        "select category_key, value_low::integer, value_high::integer from marts.fct_observations"
        " where obs_status = 'derived' and measure_id = 'offender_count' and"
        " (classification_id = 'coercion_approach_counts' or category_key = 'inducements.coercion')"
        " order by category_key desc",
        [
            ("inducements.coercion", 100, 104),
            ("coercion_approach_counts.one", 65, 66),
            ("coercion_approach_counts.more_than_one", 36, 37),
        ],
    ),
    "the later report is preferred": (
        "insert into reference.reports select * replace ('later' as report_id,"
        " date '2022-01-01' as publication_date) from reference.reports;"
        "insert into reference.exhibits select * replace ('later' as report_id, 'later.text' as"
        f" exhibit_id) from reference.exhibits where exhibit_id = '{REPORT}.key_findings';"
        + cell(1, "printed_value", "512", exhibit="later.text", measure_id="offender_count"),
        "select distinct observation_id from marts.fct_observations where is_preferred and"
        " series_key = '2019/production_offenders/population_total.total/offender_count'",
        [("later.text.1.printed_value",)],
    ),
}


@pytest.mark.parametrize("case", OBSERVATIONS)
def test_what_is_known(altered: Replayed, case: str) -> None:
    alteration, query, rows = OBSERVATIONS[case]
    assert altered.rows(query) != rows
    altered.connection.execute(alteration)
    altered.rerun(tests=False)
    assert altered.rows(query) == rows


# What a rule could write wrongly -> an alteration of the terms of all rules.
TERM = f"cross_exhibit_agreement:{REPORT}.figure_24.1.n"
TERMS = "intermediate.int_relation_terms"
ILL_FORMED = {
    "a term of an unknown number": f"update {TERMS} set observation_key = -1, quantity_key = null"
    f" where relation_id = '{TERM}' and is_subject",
    "a term without a coefficient": f"update {TERMS} set coefficient = null"
    f" where relation_id = '{TERM}' and not is_subject",
    "no subject": f"update {TERMS} set is_subject = false where relation_id = '{TERM}'",
    "two relations with one id": f"update {TERMS} set relation_id = '{TERM}'"
    f" where relation_id = 'cross_exhibit_agreement:{REPORT}.key_findings.11.printed_value'",
    "two relations with one id and other limits": f"insert into {TERMS} select * replace"
    f" ('{TERM}' as relation_id) from {TERMS} where relation_id like 'period_length:%'",
}


@pytest.mark.parametrize("fault", ILL_FORMED)
def test_a_relation_that_is_not_well_formed_fails_by_name(altered: Replayed, fault: str) -> None:
    altered.connection.execute(ILL_FORMED[fault])
    failures = altered.rerun(after="int_relation_terms")
    assert any(TERM in text for (text,) in failures[WELL_FORMED])


# A test, and below it alterations of what it reads on which it fails: one for each of its claims.
ALTERED = (FIXTURES / "altered_tables.sql").read_text(encoding="utf-8").split("-- ")[1:]
CASES = [
    (lines.splitlines()[0], alteration)
    for lines in ALTERED
    for alteration in lines.splitlines()[1:]
] + [(WELL_FORMED, ILL_FORMED["no subject"])]


@pytest.mark.parametrize(("test", "alteration"), CASES)
def test_test_fails_on_an_altered_table(altered: Replayed, test: str, alteration: str) -> None:
    assert altered.failures_of(test) == []
    altered.connection.execute(alteration)
    failures = altered.failures_of(test)
    assert failures != []
    assert not any(None in failure[:1] for failure in failures)


def test_every_kind_of_test_has_a_case(built: Built) -> None:
    """Every generic test once, every use of one that states a relation, every singular test."""
    nodes = replay.read_json(built.manifest)["nodes"].values()
    tests = [node for node in nodes if node["resource_type"] == "test"]
    kinds = {node["name"]: (node.get("test_metadata") or {}).get("name") for node in tests}
    tried = {name for name, _ in CASES}
    assert tried <= set(kinds)
    assert {kinds[name] for name in tried} == set(kinds.values())
    plain = {"unique_combination_of_columns", "unique", "not_null", "relationships"}
    plain |= {"accepted_values"}
    assert {name for name, kind in kinds.items() if kind not in plain} <= tried


# A flag of the reference data that is flipped takes checks away, and that is seen.
FLAGS = {
    "exclusive": "set is_mutually_exclusive = false where classification_id like 'enticement%'",
    "exhaustive": "set is_exhaustive = false where classification_id = 'inducements'",
    "counted": "set counted_classification_id = null",
    "parent": "set parent_classification_id = null, parent_category_id = null"
    " where classification_id = 'coercion_methods'",
}


@pytest.mark.parametrize("flag", FLAGS)
def test_flipped_flag_fails(altered: Replayed, flag: str) -> None:
    altered.connection.execute(f"update reference.classifications {FLAGS[flag]}")
    assert altered.rerun() != {}


def test_a_declared_discrepancy_is_no_failure(altered: Replayed) -> None:
    """A failing print passes once it is declared: the tests on the marts let it pass, too."""
    altered.connection.execute(
        RULES["percentage_agrees_with_count"]
        + RULES["percent_change"]
        + printed("key_findings", 11, "printed_value", "513")
    )
    assert altered.rerun()
    altered.connection.execute(
        "insert into reference.known_discrepancies"
        " select 'd' || row_number() over (), check_id, exhibit_id,"
        " regexp_extract(check_id, '([0-9]+)[.][a-z_]+$', 1)::integer,"
        " regexp_extract(check_id, '[.]([a-z_]+)$', 1), printed_value, 'x', 'x'"
        " from marts.fct_consistency_checks where verdict = 'inconsistent'"
    )
    assert altered.rerun() == {}

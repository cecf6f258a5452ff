"""Each check is seen to fail: every rule on an altered print, every test on an altered table.

The SQL of the build is replayed on DuckDB in memory; each case alters something in a transaction,
runs again what could see it, and rolls back.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest

from conftest import PROJECT, Built
from verification import replay

RAW = "raw.raw_ussc_production_2021__"


@dataclass
class Replayed:
    """The replayed build."""

    connection: duckdb.DuckDBPyConnection
    steps: list[replay.Step]

    def rerun(self) -> dict[str, list[object]]:
        """Run models and tests again on the tables as they are now."""
        return replay.run_steps(
            self.connection, [step for step in self.steps if step.kind != "seeds"]
        )

    def failures_of(self, test: str) -> list[object]:
        """Run one test on the tables as they are now."""
        [step] = [step for step in self.steps if step.name == test]
        return replay.run_steps(self.connection, [step]).get(test, [])


@pytest.fixture(scope="module")
def replayed(built: Built) -> Iterator[Replayed]:
    steps = replay.read_steps(built.manifest, built.run_results)
    # Views as tables, so that cases can alter them.
    steps = [replay.materialized(step) for step in steps]
    connection = replay.open_database(steps[0])
    assert replay.run_steps(connection, steps) == {}
    yield Replayed(connection, steps)
    connection.close()


@pytest.fixture
def altered(replayed: Replayed) -> Iterator[Replayed]:
    """The replayed build in a transaction that is rolled back."""
    replayed.connection.begin()
    yield replayed
    replayed.connection.rollback()


# Rule -> an alteration of a seed that breaks it.
RULES = {
    "attainable_percentage": f"update {RAW}figure_22 set percent = '8.5' where row_number = '4'",
    "percentage_agrees_with_count": f"update {RAW}figure_10 set n = '291' where row_number = '3'",
    "exclusive_parts_sum": f"update {RAW}figure_22 set n = '38' where row_number = '3'",
    "subset_within_population": f"update {RAW}table_11 set n = '207' where row_number = '2'",
    "overlap_bounds": f"update {RAW}table_11 set n = '207' where row_number = '6'",
    "multiplicity_bounds": f"update {RAW}figure_22 set percent = '6.8' where row_number = '9'",
    "overlap_mean_bounds": f"update {RAW}table_11 set mean_sentence = '375' where row_number = '1'",
    "cross_exhibit_agreement": f"update {RAW}figure_24 set n = '513' where row_number = '1'",
    "percent_change": f"update {RAW}key_findings set printed_value = '99' where row_number = '3'",
    "period_length": f"update {RAW}key_findings set printed_value = '14' where row_number = '2'",
    "ordering": f"update {RAW}key_findings set printed_value = '30' where row_number = '6'",
    "range_agrees_with_buckets": f"update {RAW}figure_10 set number_of_victims = '2'"
    " where row_number = '1'",
    "wording_agrees": f"update {RAW}key_findings set printed_value = '276' where row_number = '5'",
    "stated_comparison": f"update {RAW}comparisons set left_row = 'None', right_row = 'Coercion'"
    " where row_number = '10'",
    # The first report prints no means of exclusive categories; give it some.
    "weighted_mean": f"""
        insert into {RAW}table_11
        values ('7', 'One', '2019', null, '276', null, 'Table 11', null, null),
               ('8', 'More', '2019', null, '299', null, 'Table 11', null, null);
        insert into reference.exhibit_labels
        values ('ussc_production_2021.table_11', 'row', 'One', 7, 'coercion_offenders',
                'coercion_approach_counts', 'one', null, null, null),
               ('ussc_production_2021.table_11', 'row', 'More', 8, 'coercion_offenders',
                'coercion_approach_counts', 'more_than_one', null, null, null)
    """,
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_fails_on_an_altered_print(altered: Replayed, rule: str) -> None:
    altered.connection.execute(RULES[rule])
    failures = altered.rerun()
    broken = altered.connection.execute(
        "select rule_id from marts.fct_consistency_checks where verdict = 'inconsistent'"
    ).fetchall()
    assert (rule,) in broken
    assert "fct_consistency_checks__nothing_is_inconsistent" in failures


def test_every_rule_has_a_case() -> None:
    with (PROJECT / "seeds" / "reference" / "rules.csv").open(encoding="utf-8") as file:
        assert {row["rule_id"] for row in csv.DictReader(file)} == set(RULES)


def test_means_that_agree_pass(altered: Replayed) -> None:
    """The made-up means of the case weighted_mean, put right: 66 x 286.5 + 37 x 299 = 103 x 291."""
    altered.connection.execute(RULES["weighted_mean"].replace("'276'", "'287'"))
    altered.rerun()
    verdicts = altered.connection.execute(
        "select verdict, printed_value from marts.fct_consistency_checks"
        " where rule_id = 'weighted_mean' and check_id like '%coercion_approach_counts%'"
    ).fetchall()
    assert verdicts == [("consistent", "291")]


# Test -> an alteration of the tables that it reads on which it fails.
TESTS = {
    "dim_measures__primary_key": "insert into marts.dim_measures"
    " from marts.dim_measures where measure_id = 'offender_count'",
    "dim_measures__complete": "update marts.dim_measures set label = null"
    " where measure_id = 'offender_count'",
    "fct_observations__foreign_keys": "update marts.fct_observations"
    " set reference_category_id = 'nobody' where reference_category_id is not null",
    "dim_categories__category_role_is_known": "update marts.dim_categories"
    " set category_role = 'piece' where category_id = 'one'",
    "fct_observations__values_within_their_bounds": "update marts.fct_observations"
    " set obs_value = null where printed_value = '440'",
    "fct_observations__within_the_measures_range": "update marts.fct_observations"
    " set value_low = 289.5 where printed_value = '290'",
    "fct_observations__same_number_in_every_exhibit": "update marts.fct_observations"
    " set obs_value = 274 where observation_id like '%key_findings.5.%'",
    "fct_sentence_by_inducement__each_within_the_population": "update"
    " marts.fct_sentence_by_inducement set offender_count = 513 where inducement_id = 'none'",
    "fct_sentence_by_inducement__any_within_overlap_bounds": "update"
    " marts.fct_sentence_by_inducement_use set offender_count = 102"
    " where inducement_use_id = 'any'",
    "fct_sentence_by_inducement__none_is_the_reference": "update"
    " marts.fct_sentence_by_inducement set months_above_no_inducement = 1"
    " where inducement_id = 'none'",
    "fct_sentence_by_inducement_use__any_and_none_sum_to_population": "update"
    " marts.fct_sentence_by_inducement_use set offender_count = 206"
    " where inducement_use_id = 'any'",
    "fct_sentence_by_inducement_use__population_mean_is_weighted_mean": "update"
    " marts.fct_sentence_by_inducement_use set mean_sentence_months_low = 292,"
    " mean_sentence_months_high = 293 where inducement_use_id = 'any'",
    "fct_victim_count_buckets__buckets_sum_to_population": "delete from"
    " marts.fct_victim_count_buckets where victim_count_bucket_id = 'not_reported'",
    "fct_victim_count_buckets__percentage_agrees_with_count": "update"
    " marts.fct_victim_count_buckets set offender_count = 291 where offender_count = 290",
    "fct_coercion_methods__percentage_agrees_with_count": "update marts.fct_coercion_methods"
    " set published_percent = 8.5 where category_id = 'sextortion'",
    "fct_coercion_methods__coercion_within_overlap_bounds": "update marts.fct_coercion_methods"
    " set offender_count_high = 104 where category_id = 'sextortion'",
    "fct_coercion_approach_counts__percentage_agrees_with_count": "update"
    " marts.fct_coercion_approach_counts set population_offender_count = 512",
    "fct_coercion_approach_counts__parts_sum_to_population": "update"
    " marts.fct_coercion_approach_counts set population_offender_count = 512",
    "fct_misrepresentation_types__percentage_agrees_with_count": "update"
    " marts.fct_misrepresentation_types set offender_count = 38 where category_id = 'age'",
    "fct_misrepresentation_types__bounds_in_order": "update marts.fct_misrepresentation_types"
    " set offender_count_low = 13 where category_id = 'gender'",
    "fct_enticement_types__percentage_agrees_with_count": "update marts.fct_enticement_types"
    " set offender_count = 62 where offender_count = 61",
    "fct_enticement_types__each_within_the_population": "update marts.fct_enticement_types"
    " set offender_count_high = 513 where offender_count = 61",
    "fct_offenders_by_fiscal_year__computed_change_rounds_to_the_printed": "update"
    " marts.fct_offenders_by_fiscal_year set percent_change_from_first_year = 421.4"
    " where fiscal_year = 2019",
    "rpt_ussc_production_2021__table_11__mirrors_the_seed": f"update {RAW}table_11"
    " set mean_sentence = '275.0' where row_number = '1'",
    "raw_ussc_production_2021__figure_10__cells_are_readable": f"update {RAW}figure_10"
    " set percent = '56.6%' where row_number = '3'",
    "exhibit_labels__each_axis_gives_its_own_codes": "update reference.exhibit_labels"
    " set measure_id = 'offender_count' where printed_label = 'Sextortion'",
    "exhibit_labels__every_cell_is_coded": "update intermediate.int_observations__published"
    " set measure_id = null where printed_value = '440'",
    "exhibit_labels__every_label_is_used": "update reference.exhibit_labels"
    " set printed_label = 'Extortion' where printed_label = 'Sextortion'",
    "exhibits__control_totals_agree": "update intermediate.int_observations__staged"
    " set footnote = '41' where printed_value = '440'",
    "exhibits__columns_have_one_precision": "update intermediate.int_observations__published"
    " set printed_value = '41', decimals = 0 where printed_value = '41.0'",
    "exhibits__no_check_has_vanished": "update reference.exhibits set check_count = 15"
    " where exhibit_id like '%figure_10'",
    "exhibits__rows_are_in_print_order": "update intermediate.int_observations__staged"
    " set locator = 'Coercion, paragraph 1' where row_label = 'Threatened violence'",
    "exhibits__numbers_are_of_their_population": "update reference.exhibits"
    " set population_id = 'coercion_offenders' where exhibit_id like '%figure_22'",
    "exhibits__text_has_paragraphs": "update intermediate.int_observations__staged"
    " set locator = 'Coercion, row 7' where row_label = 'Threatened violence'",
    "exhibit_labels__each_label_stands_in_its_row": "update"
    " intermediate.int_observations__published set row_number = 2 where printed_value = '2.2'",
    "int_comparisons__labels_say_what_is_compared": "update"
    " intermediate.int_comparisons__staged set wording = 'Fewer' where wording = 'longer'",
    "fct_consistency_checks__nothing_is_inconsistent": "update marts.fct_consistency_checks"
    " set verdict = 'inconsistent' where verdict = 'documented_discrepancy'",
    "fct_observations__derived_are_bounded_and_named": "update marts.fct_observations"
    " set derivation = null where obs_status = 'derived'",
    "known_discrepancies__each_still_occurs": "update marts.fct_consistency_checks"
    " set verdict = 'consistent' where verdict = 'documented_discrepancy'",
    "measures__printed_unit_is_the_measures": "update intermediate.int_observations__published"
    " set printed_unit = 'months' where printed_unit = 'percent'",
    "exhibit_labels__population_is_the_classifications": "update"
    " intermediate.int_observations__published set population_id = 'coercion_offenders'"
    " where row_label = 'Sextortion'",
    "fct_observations__every_relation_is_checked": "delete from marts.fct_consistency_checks"
    " where rule_id = 'percent_change'",
    "wordings__each_stands_beside_its_figure": "update reference.wordings"
    " set measure_id = 'mean_sentence_months' where wording = 'one-in-five'",
    "wordings__every_wording_is_known": "delete from reference.wordings where wording = 'longer'",
}


@pytest.mark.parametrize("test", TESTS)
def test_test_fails_on_an_altered_table(altered: Replayed, test: str) -> None:
    assert altered.failures_of(test) == []
    altered.connection.execute(TESTS[test])
    assert altered.failures_of(test) != []


def test_an_empty_table_is_not_complete(altered: Replayed) -> None:
    altered.connection.execute("delete from marts.fct_coercion_methods")
    assert altered.failures_of("fct_coercion_methods__complete") != []


# A flag of the reference data that is flipped takes checks away, and that is seen.
FLAGS = {
    "exclusive": "set is_mutually_exclusive = false where classification_id like 'enticement%'",
    "exhaustive": "set is_exhaustive = false where classification_id = 'inducements'",
    "counted": "set counted_classification_id = null",
    "population": "set population_id = 'production_offenders'"
    " where classification_id = 'coercion_approach_counts'",
}


@pytest.mark.parametrize("flag", FLAGS)
def test_flipped_flag_fails(altered: Replayed, flag: str) -> None:
    altered.connection.execute(f"update reference.classifications {FLAGS[flag]}")
    assert altered.rerun() != {}


def test_every_kind_of_test_has_a_case(built: Built) -> None:
    """Every generic test once, every use of one that states a relation, every singular test."""
    nodes = replay.read_json(built.manifest)["nodes"].values()
    tests = [node for node in nodes if node["resource_type"] == "test"]
    kinds = {node["name"]: (node.get("test_metadata") or {}).get("name") for node in tests}
    assert set(TESTS) <= set(kinds)
    plain = {"unique_key", "complete", "foreign_keys", "accepted_values", "mirrors"}
    plain.add("readable_cells")
    assert {kinds[name] for name in TESTS} == set(kinds.values())
    stated = {name for name, kind in kinds.items() if kind not in plain}
    assert stated <= set(TESTS)


def test_a_declared_discrepancy_is_no_failure(altered: Replayed) -> None:
    """A failing print passes once it is declared: the tests on the marts let it pass, too."""
    for rule in ("percentage_agrees_with_count", "cross_exhibit_agreement", "percent_change"):
        altered.connection.execute(RULES[rule])
    altered.connection.execute(f"update {RAW}figure_24 set n = '512'")
    altered.connection.execute(
        f"update {RAW}figure_24 set n = null where row_number <> '1';"
        f"update {RAW}key_findings set printed_value = '513' where row_number = '11'"
    )
    failures = altered.rerun()
    assert failures
    altered.connection.execute(
        "insert into reference.known_discrepancies"
        " select 'd' || row_number() over (), check_id, exhibit_id,"
        " regexp_extract(check_id, '([0-9]+)[.][a-z_]+$', 1)::integer,"
        " regexp_extract(check_id, '[.]([a-z_]+)$', 1), printed_value, 'x', 'x'"
        " from marts.fct_consistency_checks where verdict = 'inconsistent'"
    )
    assert altered.rerun() == {}

"""The Quick Facts beside the first report: what is printed where, and what follows from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from conftest import Marts

PAGES = "report_id like 'ussc_quick_facts_%'"
PLACE = ("Individual and Offense Characteristics", 12)
CHECKS = "from fct_consistency_checks"

# What holds -> the query, and the rows that it gives.
QUESTIONS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "every number is there": (
        "select exhibit_id, printed_row_count, printed_number_count from dim_exhibits"
        f" where {PAGES} order by all",
        [
            ("ussc_quick_facts_drug_trafficking_2023.statements", 27, 27),
            ("ussc_quick_facts_section_922g_2023.statements", 29, 29),
            ("ussc_quick_facts_sexual_abuse_2023.statements", 34, 34),
            ("ussc_quick_facts_theft_property_fraud_2019.figure_1", 5, 5),
            ("ussc_quick_facts_theft_property_fraud_2019.statements", 27, 27),
        ],
    ),
    "one sentence has two populations": (
        "select population_id, printed_value, heading, paragraph from fct_observations"
        " where category_key = 'modes_of_conviction.trial' order by row_number",
        [
            ("sexual_abuse_offenders", "11.1", *PLACE),
            ("all_but_sexual_abuse_offenders", "2.7", *PLACE),
        ],
    ),
    "a number of three pages is one series": (
        "select count(distinct report_id), count(case when is_preferred then 1 end)"
        " from fct_observations where printed_value = '64,124' group by series_key",
        [(3, 1)],
    ),
    "only a base in the sentence is known": (
        "select printed_value, percent_base from fct_observations"
        f" where {PAGES} and percent_base <> 'unstated'",
        [("88.5", "all")],
    ),
    "only a known base gives counts": (
        "select category_key, value_low::integer, value_high::integer from fct_observations"
        f" where {PAGES} and obs_status = 'derived' order by all",
        [
            ("drug_offense_types.other", 127, 127),
            ("section_922g_grounds.prior_felony", 7112, 7119),
        ],
    ),
    "offense types are parts of all cases": (
        f"select split_part(explanation, ' (', 1) {CHECKS} join fct_observations"
        " using (observation_id) where rule_id = 'subset_within_population'"
        f" and {PAGES} and category_key = 'population_total.total' order by all",
        [
            ("1395 is part of 64,124",),
            ("18939 is part of 19,066",),
            ("19066 is part of 64,124",),
            ("5707 is part of 76,538",),
            ("8040 is part of 64,124",),
        ],
    ),
    "an earlier year that is not printed follows": (
        f"select explanation, is_vacuous {CHECKS}"
        " where rule_id = 'percent_change' and exhibit_id like '%sexual_abuse%'",
        [("from 1165 to 1395", False)],
    ),
    "a list that is out of order is declared": (
        f"select split_part(subject, ',', 1), printed_value, expected_high {CHECKS}"
        " where rule_id = 'ranked_list' and verdict <> 'consistent'",
        [("Northern District of Iowa", "41.6", Decimal("38.9"))],
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_the_quick_facts_say(marts: Marts, question: str) -> None:
    query, rows = QUESTIONS[question]
    assert marts.execute(query).fetchall() == rows

"""The topics of the report pages: which marts each shows, in which columns, and drawn how.

The SQL of a table is in templates/queries/, the text of a topic in templates/topics/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pages import topic_charts as draw
from pages.charts import Chart
from pages.text import Row


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: the column of the query.
        label: its heading, with the unit.
        source: the column with the observation that the number is, which the number links to. It
            says whether the number is printed, and with how many decimals.
        decimals: how many to show of a derived number, all without.
        is_derived: whether a number without a source is derived.

    """

    name: str
    label: str
    source: str | None = None
    decimals: int | None = None
    is_derived: bool = False


@dataclass(frozen=True)
class Part:
    """The table of a mart, and the charts of it. The first column names the rows.

    `name` is the anchor of the table, `query` the file of the query if it has another name.
    """

    name: str
    mart: str
    columns: tuple[Column, ...]
    charts: tuple[Callable[[Sequence[Row]], Chart], ...]
    query: str | None = None


@dataclass(frozen=True)
class Topic:
    """A page: `observations` is the condition on fct_observations for the numbers it is about."""

    name: str
    parts: tuple[Part, ...]
    observations: str


COUNT_ID, MEAN_ID, PERCENT_ID = (f"{kind}_observation_id" for kind in ("count", "mean", "percent"))
FISCAL_YEAR = Column("fiscal_year", "Fiscal year")
BASE = Column("population_offender_count", "All production offenders")
COUNT = Column("offender_count", "Offenders", COUNT_ID)
PERCENT = Column("published_percent", "Percent, as printed", PERCENT_ID)


def _derived(name: str, label: str, decimals: int | None = None) -> Column:
    return Column(name, label, None, decimals, True)


def _percentages(
    name: str, chart: Callable[[Sequence[Row]], Chart] = draw.shares, base: Column = BASE
) -> Part:
    columns = (
        Column("label", "Category"),
        FISCAL_YEAR,
        PERCENT,
        Column("offender_count_low", "Offenders, least", COUNT_ID),
        Column("offender_count_high", "Offenders, most", COUNT_ID),
        base,
    )
    return Part(name, f"fct_{name}", columns, (chart,), "percentages")


def _of_inducement(classifications: str, category: str) -> str:
    return (
        f"classification_id in ({classifications}) or category_key = 'inducements.{category}'"
        " and measure_id in ('offender_count', 'offender_percent')"
    )


OF_ALL = "population_id = 'production_offenders' and classification_id = 'population_total'"

TOPICS = (
    Topic(
        "sentence_by_inducement",
        (
            Part(
                "sentence_by_inducement",
                "fct_sentence_by_inducement",
                (
                    Column("inducement_label", "Inducement"),
                    FISCAL_YEAR,
                    COUNT,
                    _derived("offender_percent", "Percent of all production offenders", 1),
                    Column("mean_sentence_months", "Mean sentence, months", MEAN_ID),
                    _derived("months_above_no_inducement", "Months above none"),
                    _derived("months_above_low", "Months above none, at least"),
                    _derived("months_above_high", "Months above none, at most"),
                ),
                (draw.sentences,),
            ),
            Part(
                "sentence_by_inducement_use",
                "fct_sentence_by_inducement_use",
                (
                    Column("inducement_use_label", "Inducement"),
                    FISCAL_YEAR,
                    COUNT,
                    Column("mean_sentence_months", "Mean sentence, months", MEAN_ID, 1),
                    _derived("mean_sentence_months_low", "Mean sentence, at least", 1),
                    _derived("mean_sentence_months_high", "Mean sentence, at most", 1),
                    BASE,
                ),
                (draw.uses,),
            ),
        ),
        "classification_id = 'inducements' or "
        f"{OF_ALL} and measure_id in ('offender_count', 'mean_sentence_months')"
        " and fiscal_year in (select fiscal_year from marts.fct_sentence_by_inducement)",
    ),
    Topic(
        "number_of_victims",
        (
            Part(
                "victim_count_buckets",
                "fct_victim_count_buckets",
                (
                    Column("bucket_label", "Number of victims"),
                    FISCAL_YEAR,
                    COUNT,
                    PERCENT,
                    _derived("recomputed_percent", "Percent, computed", 2),
                    BASE,
                ),
                (draw.victims,),
            ),
        ),
        "classification_id = 'victim_count_buckets'"
        " or measure_id in ('smallest_victim_count', 'largest_victim_count')",
    ),
    Topic(
        "coercion",
        (
            _percentages("coercion_methods"),
            _percentages(
                "coercion_approach_counts",
                draw.approaches,
                Column("population_offender_count", "All offenders who coerced"),
            ),
        ),
        _of_inducement("'coercion_methods', 'coercion_approach_counts'", "coercion"),
    ),
    Topic(
        "misrepresentation",
        (_percentages("misrepresentation_types"),),
        _of_inducement("'misrepresentation_types'", "misrepresentation"),
    ),
    Topic(
        "enticement",
        (_percentages("enticement_types"),),
        _of_inducement("'enticement_types'", "enticement"),
    ),
    Topic(
        "offenders_by_fiscal_year",
        (
            Part(
                "offenders_by_fiscal_year",
                "fct_offenders_by_fiscal_year",
                (
                    FISCAL_YEAR,
                    COUNT,
                    Column("first_fiscal_year", "First fiscal year"),
                    Column(
                        "published_percent_change",
                        "Change since the first, percent, as printed",
                        "change_observation_id",
                    ),
                    _derived(
                        "percent_change_from_first_year",
                        "Change since the first, percent, computed",
                        1,
                    ),
                ),
                (draw.years,),
            ),
        ),
        f"{OF_ALL} and measure_id in"
        " ('offender_count', 'offender_count_percent_change', 'period_length_years')",
    ),
    Topic(
        "sentencing_outcomes",
        (
            Part(
                "sentencing_outcomes",
                "fct_sentencing_outcomes",
                (
                    Column("label", "Outcome"),
                    FISCAL_YEAR,
                    Column("printed_value", "As printed", "observation_id"),
                    Column("obs_value", "Number", "observation_id"),
                    Column("unit", "Unit"),
                    BASE,
                ),
                (draw.outcome_percentages, draw.outcome_lengths),
            ),
        ),
        "classification_id = 'sentencing_outcomes' or measure_id in"
        " ('mandatory_minimum_years', 'guideline_enhancement_levels')"
        f" or {OF_ALL} and (measure_id = 'mean_sentence_months'"
        " or measure_id like '%est_sentence_years')",
    ),
)

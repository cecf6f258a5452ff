"""The topics of the report pages: which marts each shows, in which columns, and drawn how.

The SQL of a table is in pages/queries/, the text of a topic in pages/topics/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pages.charts import Chart, Mark
from pages.text import Row, counted, number, signed


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: the column of the query.
        label: its heading, with the unit.
        decimals: how many to show of a derived number, all without; a name stands for the column
            that says with how many a number is printed.
        status: published or derived, or the name of the column that says which.
        source: the column with the observation that the number is, which the number links to.

    """

    name: str
    label: str
    decimals: int | str | None = None
    status: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Part:
    """A table, named after its query, and the charts that are drawn from it.

    The first column names the rows.
    """

    name: str
    marts: tuple[str, ...]
    columns: tuple[Column, ...]
    charts: tuple[Callable[[Sequence[Row]], Chart], ...]


@dataclass(frozen=True)
class Topic:
    """A page: `observations` is the condition on fct_observations for the numbers it is about."""

    name: str
    parts: tuple[Part, ...]
    observations: str


FISCAL_YEAR = Column("fiscal_year", "Fiscal year")
BASE = Column("population_offender_count", "All production offenders")
COUNT = Column("offender_count", "Offenders", status="published", source="count_observation_id")
PRINTED_PERCENT = Column(
    "published_percent",
    "Percent, as printed",
    "published_percent_decimals",
    "published",
    "percent_observation_id",
)


def _name(row: Row, label: str) -> str:
    return f"{label} †" if row["is_declared"] else label


def _base(rows: Sequence[Row]) -> str:
    return number(rows[0]["population_offender_count"])


def sentences(rows: Sequence[Row]) -> Chart:
    """Draw means as dots, joined to the mean of the offenders who used no inducement."""
    none = rows[0]["mean_sentence_months"] - rows[0]["months_above_no_inducement"]
    marks = tuple(
        Mark(
            f"{row['inducement_label']} ({counted(row['offender_count'], 'offenders')})",
            row["mean_sentence_months"],
            number(row["mean_sentence_months"])
            + (
                f" ({signed(row['months_above_no_inducement'])})"
                if row["months_above_no_inducement"]
                else ""
            ),
        )
        for row in rows
    )
    return Chart(marks, "Mean sentence, months", reference=none)


def uses(rows: Sequence[Row]) -> Chart:
    """Draw two means as dots, with the interval that rounding leaves each."""
    none = next(row for row in rows if row["inducement_use_id"] == "none")
    marks = tuple(
        Mark(
            f"{row['inducement_use_label']} ({counted(row['offender_count'], 'offenders')})",
            row["mean_sentence_months"],
            number(row["mean_sentence_months"], 1 if row["obs_status"] == "derived" else None),
            row["obs_status"] == "derived",
            row["mean_sentence_months_low"],
            row["mean_sentence_months_high"],
        )
        for row in rows
    )
    return Chart(
        marks,
        "Mean sentence, months",
        reference=none["mean_sentence_months"],
    )


def victims(rows: Sequence[Row]) -> Chart:
    """Draw offenders by number of victims, before all offenders of the population."""
    marks = []
    for row in rows:
        percent = row["published_percent"]
        decimals = row["published_percent_decimals"]
        if percent is None:
            percent, decimals = row["recomputed_percent"], 1
        text = f"{number(row['offender_count'])} ({number(percent, decimals)}%)"
        marks.append(
            Mark(
                _name(row, row["bucket_label"]),
                row["offender_count"],
                text,
                row["obs_status"] == "derived",
            )
        )
    return Chart(
        tuple(marks),
        f"Offenders, of {_base(rows)} in all",
        base=rows[0]["population_offender_count"],
    )


def _percentages(rows: Sequence[Row], axis: str, base: Decimal | None = None) -> Chart:
    marks = tuple(
        Mark(
            _name(row, row["label"]),
            row["published_percent"],
            f"{number(row['published_percent'], row['published_percent_decimals'])}%",
        )
        for row in rows
        if row["published_percent"] is not None
    )
    return Chart(marks, axis, base)


def shares(rows: Sequence[Row]) -> Chart:
    """Draw printed percentages of all production offenders, on a scale of their own."""
    return _percentages(rows, f"Percent of all {_base(rows)} production offenders")


def approaches(rows: Sequence[Row]) -> Chart:
    """Draw printed percentages of the offenders who coerced, before the whole."""
    axis = f"Percent of the {_base(rows)} offenders who coerced"
    return _percentages(rows, axis, Decimal(100))


def years(rows: Sequence[Row]) -> Chart:
    """Draw offenders in each year that the report gives, with the change since the first."""
    marks = []
    for row in rows:
        change, decimals = row["published_percent_change"], None
        if change is None:
            change, decimals = row["percent_change_from_first_year"], 1
        text = number(row["offender_count"])
        if row["fiscal_year"] != row["first_fiscal_year"]:
            text += f" ({signed(change, decimals)}%)"
        marks.append(Mark(f"Fiscal year {row['fiscal_year']}", row["offender_count"], text))
    return Chart(tuple(marks), "Production offenders sentenced")


def outcome_percentages(rows: Sequence[Row]) -> Chart:
    """Draw printed percentages of all production offenders, each before the whole."""
    marks = tuple(
        Mark(_name(row, row["label"]), row["obs_value"], f"{row['printed_value']}%")
        for row in rows
        if row["unit"] == "percent"
    )
    axis = f"Percent of all {_base(rows)} production offenders"
    return Chart(marks, axis, Decimal(100))


MONTHS = {"months": 1, "years": 12}


def months(row: Row) -> Decimal | None:
    """Return a length in months; of life there is none."""
    return None if row["obs_value"] is None else row["obs_value"] * MONTHS[row["unit"]]


def by_length(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are lengths, from the shortest to the longest; life comes last."""
    lengths = [row for row in rows if row["unit"] in MONTHS]
    return sorted(lengths, key=lambda row: (row["obs_value"] is None, months(row)))


def outcome_lengths(rows: Sequence[Row]) -> Chart:
    """Draw lengths on one axis of months; a sentence of life has no end on it."""
    marks = tuple(
        Mark(
            _name(row, row["label"]),
            months(row),
            row["printed_value"]
            if row["obs_value"] is None
            else counted(row["obs_value"], row["unit"]),
        )
        for row in by_length(rows)
    )
    return Chart(marks, "Months")


def _types(name: str) -> Part:
    columns = (
        Column("label", "Category"),
        FISCAL_YEAR,
        PRINTED_PERCENT,
        Column(
            "offender_count_low",
            "Offenders, least",
            status="offender_count_status",
            source="count_observation_id",
        ),
        Column(
            "offender_count_high",
            "Offenders, most",
            status="offender_count_status",
            source="count_observation_id",
        ),
        BASE,
    )
    return Part(name, (f"fct_{name}",), columns, (shares,))


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
                ("fct_sentence_by_inducement",),
                (
                    Column("inducement_label", "Inducement"),
                    FISCAL_YEAR,
                    COUNT,
                    Column("offender_percent", "Percent of all production offenders", 1, "derived"),
                    Column(
                        "mean_sentence_months",
                        "Mean sentence, months",
                        status="published",
                        source="mean_observation_id",
                    ),
                    Column("months_above_no_inducement", "Months above none", None, "derived"),
                    Column("months_above_low", "Months above none, at least", None, "derived"),
                    Column("months_above_high", "Months above none, at most", None, "derived"),
                ),
                (sentences,),
            ),
            Part(
                "sentence_by_inducement_use",
                ("fct_sentence_by_inducement_use",),
                (
                    Column("inducement_use_label", "Inducement"),
                    FISCAL_YEAR,
                    Column(
                        "offender_count",
                        "Offenders",
                        status="obs_status",
                        source="count_observation_id",
                    ),
                    Column(
                        "mean_sentence_months",
                        "Mean sentence, months",
                        1,
                        status="obs_status",
                        source="mean_observation_id",
                    ),
                    Column("mean_sentence_months_low", "Mean sentence, at least", 1, "derived"),
                    Column("mean_sentence_months_high", "Mean sentence, at most", 1, "derived"),
                    BASE,
                ),
                (uses,),
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
                ("fct_victim_count_buckets",),
                (
                    Column("bucket_label", "Number of victims"),
                    FISCAL_YEAR,
                    Column(
                        "offender_count",
                        "Offenders",
                        status="obs_status",
                        source="count_observation_id",
                    ),
                    PRINTED_PERCENT,
                    Column("recomputed_percent", "Percent, computed", 2, "derived"),
                    BASE,
                ),
                (victims,),
            ),
        ),
        "classification_id = 'victim_count_buckets'"
        " or measure_id in ('smallest_victim_count', 'largest_victim_count')",
    ),
    Topic(
        "coercion",
        (
            _types("coercion_methods"),
            Part(
                "coercion_approach_counts",
                ("fct_coercion_approach_counts",),
                (
                    *_types("coercion_approach_counts").columns[:-1],
                    Column("population_offender_count", "All offenders who coerced"),
                ),
                (approaches,),
            ),
        ),
        _of_inducement("'coercion_methods', 'coercion_approach_counts'", "coercion"),
    ),
    Topic(
        "misrepresentation",
        (_types("misrepresentation_types"),),
        _of_inducement("'misrepresentation_types'", "misrepresentation"),
    ),
    Topic(
        "enticement",
        (_types("enticement_types"),),
        _of_inducement("'enticement_types'", "enticement"),
    ),
    Topic(
        "offenders_by_fiscal_year",
        (
            Part(
                "offenders_by_fiscal_year",
                ("fct_offenders_by_fiscal_year",),
                (
                    FISCAL_YEAR,
                    COUNT,
                    Column("first_fiscal_year", "First fiscal year"),
                    Column(
                        "published_percent_change",
                        "Change since the first, percent, as printed",
                        None,
                        "published",
                        "change_observation_id",
                    ),
                    Column(
                        "percent_change_from_first_year",
                        "Change since the first, percent, computed",
                        1,
                        "derived",
                    ),
                ),
                (years,),
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
                ("fct_sentencing_outcomes",),
                (
                    Column("label", "Outcome"),
                    FISCAL_YEAR,
                    Column("printed_value", "As printed", None, "published", "observation_id"),
                    Column("obs_value", "Number", None, "published", "observation_id"),
                    Column("unit", "Unit"),
                    Column("population_offender_count", "All production offenders"),
                ),
                (outcome_percentages, outcome_lengths),
            ),
        ),
        "classification_id = 'sentencing_outcomes' or measure_id in"
        " ('mandatory_minimum_years', 'guideline_enhancement_levels')"
        f" or {OF_ALL} and (measure_id = 'mean_sentence_months'"
        " or measure_id like '%est_sentence_years')",
    ),
)

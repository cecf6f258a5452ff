"""The charts of the topics: what each draws of the rows of its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from pages.charts import Chart, Mark
from pages.text import Row, counted, number, percent, signed

MEAN = "Mean sentence, months"
MONTHS = {"months": 1, "years": 12}
WHOLE = Decimal(100)


def sentences(rows: Sequence[Row]) -> Chart:
    """Draw means as dots, joined to the mean of the offenders who used no inducement."""
    marks = []
    for row in rows:
        mean, above = row["mean_sentence_months"], row["months_above_no_inducement"]
        text = number(mean) + (f" ({signed(above)})" if above else "")
        marks.append(Mark(_group(row, "inducement_label"), mean, text))
    none = rows[0]["mean_sentence_months"] - rows[0]["months_above_no_inducement"]
    return Chart(marks, MEAN, reference=none)


def uses(rows: Sequence[Row]) -> Chart:
    """Draw two means as dots, with the interval that rounding leaves each."""
    none = next(row for row in rows if row["inducement_use_id"] == "none")
    marks = []
    for row in rows:
        mean, is_derived = row["mean_sentence_months"], row["obs_status"] == "derived"
        text = number(mean, 1 if is_derived else None)
        bounds = row["mean_sentence_months_low"], row["mean_sentence_months_high"]
        marks.append(Mark(_group(row, "inducement_use_label"), mean, text, is_derived, *bounds))
    return Chart(marks, MEAN, reference=none["mean_sentence_months"])


def victims(rows: Sequence[Row]) -> Chart:
    """Draw offenders by number of victims, before all offenders of the population."""
    marks = [
        Mark(
            _name(row, "bucket_label"),
            row["offender_count"],
            f"{number(row['offender_count'])} ({percent(row)}%)",
            row["obs_status"] == "derived",
        )
        for row in rows
    ]
    return Chart(marks, f"Offenders, of {_base(rows)} in all", rows[0]["population_offender_count"])


def shares(rows: Sequence[Row]) -> Chart:
    """Draw printed percentages of all production offenders, on a scale of their own."""
    return Chart(_percentages(rows), f"Percent of all {_base(rows)} production offenders")


def approaches(rows: Sequence[Row]) -> Chart:
    """Draw printed percentages of the offenders who coerced, before the whole."""
    axis = f"Percent of the {_base(rows)} offenders who coerced"
    return Chart(_percentages(rows), axis, WHOLE)


def years(rows: Sequence[Row]) -> Chart:
    """Draw offenders in each year that the report gives, with the change since the first."""
    marks = []
    for row in rows:
        text = number(row["offender_count"])
        if row["fiscal_year"] != row["first_fiscal_year"]:
            text += f" ({signed(*change(row))}%)"
        marks.append(Mark(f"Fiscal year {row['fiscal_year']}", row["offender_count"], text))
    return Chart(marks, "Production offenders sentenced")


def outcome_percentages(rows: Sequence[Row]) -> Chart:
    """Draw printed percentages of all production offenders, each before the whole."""
    marks = [
        Mark(_name(row), row["obs_value"], f"{row['printed_value']}%")
        for row in rows
        if row["unit"] == "percent"
    ]
    return Chart(marks, f"Percent of all {_base(rows)} production offenders", WHOLE)


def outcome_lengths(rows: Sequence[Row]) -> Chart:
    """Draw lengths on one axis of months; a sentence of life has no end on it."""
    marks = [Mark(_name(row), _months(row), length_of(row)) for row in by_length(rows)]
    return Chart(marks, "Months")


# What the text says in the same way


def change(row: Row) -> tuple[Decimal, int | None]:
    """Return the printed change in percent, or the computed one, and the decimals to show."""
    if row["published_percent_change"] is None:
        return row["percent_change_from_first_year"], 1
    return row["published_percent_change"], None


def by_length(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that are lengths, from the shortest to the longest; life comes last."""
    lengths = [row for row in rows if row["unit"] in MONTHS]
    return sorted(lengths, key=lambda row: (row["obs_value"] is None, _months(row)))


def length_of(row: Row) -> str:
    """Write a length with its unit, or as printed where it is no number: 15 years, life."""
    value = row["obs_value"]
    return str(row["printed_value"]) if value is None else counted(value, row["unit"])


def _months(row: Row) -> Decimal | None:
    return None if row["obs_value"] is None else row["obs_value"] * MONTHS[row["unit"]]


def _percentages(rows: Sequence[Row]) -> list[Mark]:
    return [
        Mark(_name(row), row["published_percent"], f"{percent(row)}%")
        for row in rows
        if row["published_percent"] is not None
    ]


def _name(row: Row, label: str = "label") -> str:
    return f"{row[label]} †" if row["is_declared"] else str(row[label])


def _group(row: Row, label: str) -> str:
    return f"{row[label]} ({counted(row['offender_count'], 'offenders')})"


def _base(rows: Sequence[Row]) -> str:
    return number(rows[0]["population_offender_count"])

"""The pages of reports and populations, and the comparisons across them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from pages.charts import Chart, svg
from pages.data import Data, grouped, place_of, tally
from pages.figures import (
    extremes,
    figures,
    largest_first,
    mark,
    mean_chart,
    shares_figure,
    text_about,
    year_figure,
)
from pages.numbers import citations, number_cell, shown, unit_of, what_of
from pages.text import Row, number, uncapitalized

FEW = 4  # numbers of a population; fewer make no section of their own on the page of a report


def report_page(data: Data, report_id: str) -> dict[str, Any]:
    """Return what the page of a report shows: its populations, in the order of the print."""
    observations = [row for row in data.observations.values() if row["report_id"] == report_id]
    shares = [row for row in data.shares if row["report_id"] == report_id]
    main = data.main_populations(report_id)
    sizes = Counter(row["population_id"] for row in observations)
    large = [name for name in dict.fromkeys([*main, *sizes]) if name in main or sizes[name] >= FEW]
    sections = [
        _section(data, data.populations[name]["label"], [name], observations, shares)
        for name in large
    ]
    if small := [name for name in sizes if name not in large]:
        one = data.populations[small[0]]["label"]
        label = one if len(small) == 1 else "Other groups in the report"
        sections.append(_section(data, label, small, observations, shares))
    page = _page(data, f"reports/{report_id}.html", next(iter(main), ""), sections, observations)
    report = data.reports[report_id]
    return page | {
        "report": report,
        "title": report["title"],
        "filter": f"report_id = '{report_id}'",
    }


def population_page(data: Data, population_id: str) -> dict[str, Any]:
    """Return what the page of a population shows, whichever reports print its numbers."""
    rows = data.observations.values()
    observations = [row for row in rows if row["population_id"] == population_id]
    label = "What the reports print"
    sections = [_section(data, label, [population_id], observations, data.shares)]
    page = _page(data, f"populations/{population_id}.html", population_id, sections, observations)
    population = data.populations[population_id]
    others = data.populations.values()
    return page | {
        "population": population,
        "title": population["label"],
        "parent": data.populations.get(population["parent_population_id"]),
        "children": [row for row in others if row["parent_population_id"] == population_id],
        "reports": [data.reports[name] for name in grouped(observations, "report_id")],
        "filter": f"population_id = '{population_id}'",
    }


def _page(
    data: Data, file: str, population_id: str, sections: list[Any], observations: Sequence[Row]
) -> dict[str, Any]:
    """Return what pages of reports and of populations have in common."""
    own = {row["observation_id"] for row in observations}
    return {
        "file": file,
        "lead": _lead(data, population_id, {row["fiscal_year"] for row in observations}),
        "sections": sections,
        "number_count": len(observations),
        "citations": citations(data, observations),
        "checks": tally(row for row in data.checks if row["observation_id"] in own),
        "discrepancies": [row for row in data.discrepancies if row["observation_id"] in own],
    }


def _lead(data: Data, population_id: str, years: set[int]) -> str:
    """Say how large a population is, of the latest of the fiscal years that has its number."""
    totals = data.totals_of(population_id, years)
    if not (counted := [row for row in totals if row["offender_count"] is not None]):
        return "The reports print no number of all offenders in this group."
    last = counted[-1]
    lead = f"{last['population_label']}: {shown(last['count'])} offenders"
    lead += f" in fiscal year {last['fiscal_year']}"
    if whole := last["parent_offender_count"]:
        parent = uncapitalized(data.populations[last["parent_population_id"]]["label"])
        lead += f", {number(Decimal(100 * last['offender_count']) / whole, 1)} percent of {parent}"
    if last["mean"]:
        lead += f", with a mean sentence of {shown(last['mean'])} months"
    return f"{lead}."


def _section(
    data: Data,
    label: str,
    populations: Sequence[str],
    observations: Sequence[Row],
    shares: Sequence[Row],
) -> dict[str, Any]:
    """Return figures of a population, or of several with few numbers; cards show the others."""
    own = [row for row in observations if row["population_id"] in populations]
    mine = [row for row in shares if row["population_id"] in populations]
    years = {row["fiscal_year"] for row in own if row["category_role"] == "total"}
    one = populations[0] if len(populations) == 1 else None
    found: list[dict[str, Any]] = []
    if one:
        counted = [row for row in data.totals_of(one, years) if row["count"]]
        found += [year_figure(data, counted)] if len(counted) > 1 else []
        for rows in grouped(mine, "fiscal_year", "report_id").values():
            found += figures(data, rows)
    elif few := [row for row in mine if row["percent"]]:
        few.sort(key=lambda row: data.order[row["percent_observation_id"]])
        found.append(shares_figure(data, few, "alone", "Shares of these groups"))
    charted = {item["series_key"] for figure in found for item in figure["numbers"]}
    loose = {
        row["series_key"]: row
        for row in own
        if row["series_key"] not in charted
        or (row["category_role"] == "total" and row["fiscal_year"] == max(years))
    }
    # The counts of whole populations come first.
    cards = sorted(loose.values(), key=lambda row: row["statistic"] != "count")
    return {
        "id": one or "others",
        "label": label,
        "population": data.populations[one] if one else None,
        "text": text_about(one) if one else [],
        "cards": [
            (number_cell(data, row), unit_of(row), what_of(row, one is None), row["fiscal_year"])
            for row in cards
        ],
        "figures": found,
    }


# Across reports


def overview_charts(data: Data) -> Iterator[dict[str, Any]]:
    """Yield what the overview leads with, of the populations that reports are about.

    Each is in the latest fiscal year that has its number.
    """
    about = {name for report in data.reports for name in data.main_populations(report)}
    counts = partial(Chart, "bars", axis="Offenders sentenced in the fiscal year")
    for kind, title, draw in (
        ("mean", "Mean sentence by offense group", mean_chart),
        ("count", "Offenders by offense group", counts),
    ):
        totals = [row for row in data.totals if row["population_id"] in about and row[kind]]
        latest = {row["population_id"]: row[kind] for row in totals}
        marks = largest_first(
            mark(
                data,
                f"{row['population_label']} ({row['fiscal_year']})",
                row,
                shown(row) + unit_of(row),
            )
            for row in latest.values()
        )
        if marks:
            chart, message = draw(marks), extremes(marks)
            yield {
                "title": title,
                "message": message,
                "chart": chart,
                "drawn": svg(chart, f"Chart. {title}. {message}"),
                "numbers": [
                    (row["population_label"], row["fiscal_year"], place_of(row))
                    for row in latest.values()
                ],
            }

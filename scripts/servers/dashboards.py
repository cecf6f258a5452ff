"""Which dashboards and charts there are: one dashboard across reports and one a report.

They follow from the warehouse: nothing here names a report, population, classification or category.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

Asset = dict[str, Any]
SHARES, TOTALS = "fct_category_shares", "fct_population_totals"


@dataclass(frozen=True)
class Chart:
    """Bars or a line show a metric by a column, in series; a table shows columns of its dataset.

    `height` is the number of bars or rows; `filters` are columns with a value, several, or None for
    all that are not null.
    """

    kind: str
    dataset: str
    title: str
    height: int
    filters: dict[str, Any]
    metric: str = ""
    by: str = ""
    series: str | None = None


@dataclass(frozen=True)
class Dashboard:
    """Charts under a title, in their order; `name` is the report's code, if it is of a report."""

    name: str
    title: str
    charts: tuple[Chart, ...]
    uuid: str | None = None

    @property
    def slug(self) -> str:
        """The dashboard's name in its address."""
        return self.name.replace("_", "-")


class Plan:
    """The dashboards that follow from the warehouse, the one across reports first."""

    def __init__(self, spec: Asset, connection: duckdb.DuckDBPyConnection) -> None:
        """Plan them from the specification and the warehouse."""
        self.spec = spec
        self.connection = connection
        across = (*self._years(None), *self._means(), *self._bars(None), *self._tables(None))
        self.dashboards = [Dashboard(**spec["across"], charts=across)]
        reports = "select report_id as name, title from marts.dim_reports"
        for report in self._ask(f"{reports} order by publication_date, report_id"):
            id_ = report["name"]
            charts = (*self._bars(id_), *self._years(id_), *self._tables(id_))
            self.dashboards.append(Dashboard(**report, charts=charts))

    def _ask(self, query: str, *values: Any) -> list[Asset]:
        answer = self.connection.execute(query, values or None)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def _bars(self, report_id: str | None) -> Iterator[Chart]:
        """Shares, counts and means by category: in a report for each population and year.

        Bars of a report are coloured by the status of their numbers; those across reports by
        population, if there are several.
        """
        given = self.spec["datasets"][SHARES]
        keys = ["population_id", "fiscal_year", "chart_id"] if report_id else ["classification_id"]
        counts = [
            f"count(distinct case when {name} is not null then population_and_year end) as {name}"
            for name in given["measures"]
        ]
        groups = self._ask(
            f"""
            select
                {", ".join([*keys, *counts])},
                min({"chart_label" if report_id else "classification_label"}) as label,
                {"min(population_and_year)" if report_id else "'by population'"} as population,
                max(list_kind) as list_kind,
                count(*) as bars,
                count(published_percent) as published,
                bool_or(percent_base = 'unstated') as is_unstated
            from ({given["sql"]})
            where $1 is null or report_id = $1
            group by all
            order by bool_and(is_single), population, label, {", ".join(keys)}
            """,
            report_id,
        )
        for group in groups:
            # A list of counts is not shown as percentages that the report does not print.
            other = "offender_count" if group["published"] else "percent"
            for metric, status in given["measures"].items():
                if metric == other or group[metric] < (1 if report_id else 2):
                    continue
                notes = self.spec["notes"]
                note = notes[group["list_kind"]]
                if metric == "percent" and group["is_unstated"]:
                    note += notes["unstated"]
                filters = {"report_id": report_id} if report_id else {}
                yield Chart(
                    "bars",
                    SHARES,
                    f"{group['label']}: {self.spec['titles'][metric]}, {group['population']}{note}",
                    group["bars"],
                    {**filters, **{key: group[key] for key in keys}, metric: None},
                    metric,
                    "chart_category" if report_id else "category_label",
                    status if report_id else "population_and_year",
                )

    def _years(self, report_id: str | None) -> Iterator[Chart]:
        """Totals over years, of the populations that a report's exhibits are about, or of all."""
        populations = self._ask(
            f"""
            select population_id from marts.{TOTALS}
            where offender_count is not null and ($1 is null or population_id in (
                select population_id from marts.dim_exhibits where report_id = $1
            ))
            group by all having count(*) > 1 order by all
            """,
            report_id,
        )
        if populations:
            shown = [population["population_id"] for population in populations]
            title = "Offenders by fiscal year" + self.spec["notes"]["populations"]
            filters = {"population_id": shown, "offender_count": None}
            series = ("offender_count", "fiscal_year", "population_label")
            yield Chart("line", TOTALS, title, 10, filters, *series)

    def _means(self) -> Iterator[Chart]:
        """Means and medians of populations, each measure of which at least two have one."""
        for metric in self.spec["datasets"][TOTALS]["measures"]:
            [found] = self._ask(f"select count({metric}) as n from marts.{TOTALS}")
            if found["n"] > 1:
                title = f"{self.spec['titles'][metric]}, by population"
                series = (metric, "population_label", "fiscal_year")
                yield Chart("bars", TOTALS, title, found["n"], {metric: None}, *series)

    def _tables(self, report_id: str | None) -> Iterator[Chart]:
        """Each dataset, if it has rows; in a report, its own rows and its populations'."""
        observed = "select distinct population_id from marts.fct_observations where report_id = $1"
        populations = [row["population_id"] for row in self._ask(observed, report_id)]
        for dataset, given in self.spec["datasets"].items():
            column = "population_id" if dataset == TOTALS else "report_id"
            values = sorted(populations) if dataset == TOTALS else [report_id]
            rows = f"select count(*) as n from marts.{dataset} where $1 is null or {column} in $1"
            [found] = self._ask(rows, values if report_id else None)
            if found["n"]:
                filters = {column: values} if report_id else {}
                yield Chart("table", dataset, given["title"], 12, filters)

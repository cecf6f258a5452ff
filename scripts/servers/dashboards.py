"""Superset's dashboards, one across reports and one a report, and their assets in its format.

They follow from the warehouse: nothing here names a report, population, classification or category.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import yaml

from warehouse.database import named_rows
from warehouse.manifest import Mart
from warehouse.project import PROJECT

SPECIFICATION = PROJECT / "bi" / "superset" / "dashboard.yaml"
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
        return named_rows(self.connection.execute(query, values or None))

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


# The assets, in Superset's format


def write_assets(marts: Iterable[Mart], connection: duckdb.DuckDBPyConnection) -> dict[str, Asset]:
    """Write the assets in Superset's format, path -> content, as the warehouse has them to show."""
    spec = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))
    # The time is asked for; nothing depends on it.
    assets = {
        "metadata.yaml": {"type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/warehouse.yaml": spec["database"],
    }
    described = {mart.name: mart for mart in marts}
    for name in spec["datasets"]:
        assets[f"datasets/{name}.yaml"] = _dataset(spec, described[name], connection)
    dashboards = Plan(spec, connection).dashboards
    for dashboard in dashboards:
        charts = [_chart(spec, dashboard, chart) for chart in dashboard.charts]
        assets |= {f"charts/{chart['uuid']}.yaml": chart for chart in charts}
        others = dashboards[1:] if dashboard is dashboards[0] else dashboards[:1]
        assets[f"dashboards/{dashboard.name}.yaml"] = _dashboard(spec, dashboard, charts, others)
    return {path: {**asset, "version": "1.0.0"} for path, asset in assets.items()}


def _uuid(spec: Asset, *names: str) -> str:
    """Return the id that follows from names."""
    return str(uuid.uuid5(uuid.UUID(spec["database"]["uuid"]), "/".join(names)))


def _title(spec: Asset, column: str) -> str:
    return spec["titles"].get(column) or column.replace("_", " ").capitalize()


def _format(spec: Asset, column: str) -> str | None:
    """Choose the format of a number by the unit in its name."""
    return next((text for unit, text in spec["formats"].items() if unit in column.split("_")), None)


def _dataset(spec: Asset, mart: Mart, connection: duckdb.DuckDBPyConnection) -> Asset:
    """Describe a dataset; its measures are not offered for grouping, and no metric adds rows up."""
    given = spec["datasets"][mart.name]
    descriptions = {column.name: column.description for column in mart.columns}
    descriptions |= given.get("columns", {})
    columns = connection.execute(f"describe {given.get('sql') or mart.relation}").fetchall()
    types = {column: data_type for column, data_type, *_ in columns}
    measures = [column for column in types if types[column].startswith(("DECIMAL", "BIGINT"))]
    key = ", ".join(column for column in mart.primary_key if column != "report_id")
    return {
        "table_name": mart.name,
        "schema": mart.schema,
        "sql": given.get("sql"),
        "description": mart.description,
        "extra": {"disallow_adhoc_metrics": True},
        "columns": [
            {
                "column_name": column,
                "verbose_name": _title(spec, column),
                "type": data_type,
                "description": descriptions[column],
                "groupby": column not in measures,
                "filterable": True,
                "is_dttm": False,
            }
            for column, data_type in types.items()
        ],
        "metrics": [
            {
                "metric_name": column,
                "verbose_name": _title(spec, column),
                "expression": spec["metric"]["expression"].format(column=column, key=key),
                "description": f"{descriptions[column]} {spec['metric']['description']}",
                "d3format": _format(spec, column),
            }
            for column in measures
        ],
        "uuid": _uuid(spec, mart.name),
        "database_uuid": spec["database"]["uuid"],
    }


def _chart(spec: Asset, dashboard: Dashboard, chart: Chart) -> Asset:
    given, kind = spec["datasets"][chart.dataset], dict(spec["kinds"][chart.kind])
    if chart.kind == "table":
        formats = {name: _format(spec, name) for name in given["table"]}
        shown = {
            "all_columns": given["table"],
            "order_by_cols": [json.dumps([column, True]) for column in given["order_by"]],
            "column_config": {name: {"d3NumberFormat": form} for name, form in formats.items()},
        }
    else:
        shown = {
            "x_axis": chart.by,
            "metrics": [chart.metric],
            "groupby": [chart.series] if chart.series else [],
            "x_axis_sort": "sum" if chart.series else chart.metric,
            # Never on one another, unless each has one series, which is its status.
            "stack": "Stack" if (chart.series or "").endswith("_status") else None,
            "y_axis_format": _format(spec, chart.metric),
            "y_axis_title": _title(spec, chart.metric),
        }
    # Not the populations that a chart shows several of: their list grows.
    codes = [str(value) for value in chart.filters.values() if not isinstance(value, list)]
    return {
        "slice_name": chart.title,
        "viz_type": kind.pop("viz_type"),
        "params": {**kind, "adhoc_filters": _filters(chart), "row_limit": 10_000, **shown},
        "dataset_uuid": _uuid(spec, chart.dataset),
        "uuid": _uuid(spec, dashboard.name, chart.kind, chart.dataset, chart.metric, *codes),
    }


def _filters(chart: Chart) -> list[Asset]:
    simple = {"expressionType": "SIMPLE", "clause": "WHERE"}
    signs = {type(None): "IS NOT NULL", list: "IN"}
    return [
        {**simple, "subject": column, "operator": signs.get(type(value), "=="), "comparator": value}
        for column, value in chart.filters.items()
    ]


def _dashboard(
    spec: Asset, dashboard: Dashboard, charts: list[Asset], others: list[Dashboard]
) -> Asset:
    links = " · ".join(f"[{other.title}](/superset/dashboard/{other.slug}/)" for other in others)
    return {
        "dashboard_title": dashboard.title,
        "slug": dashboard.slug,
        "published": True,
        "uuid": dashboard.uuid or _uuid(spec, dashboard.name),
        "position": _position(dashboard, charts, f"{spec['about']}\n{links}\n"),
        "metadata": spec["metadata"],
    }


def _rows(dashboard: Dashboard, charts: list[Asset]) -> Iterator[dict[str, Asset]]:
    """Lay charts out two a row, tables one; the higher of two decides."""
    numbered = list(enumerate(zip(dashboard.charts, charts, strict=True), start=1))
    while numbered:
        is_pair = len(numbered) > 1 and all(c.kind != "table" for _, (c, _) in numbered[:2])
        row, numbered = numbered[: 1 + is_pair], numbered[1 + is_pair :]
        size = {"width": 12 // len(row), "height": 26 + 3 * max(c.height for _, (c, _) in row)}
        yield {
            f"CHART-{asset['uuid']}": {**size, "chartId": number, "uuid": asset["uuid"]}
            for number, (_, asset) in row
        }


def _position(dashboard: Dashboard, charts: list[Asset], about: str) -> Asset:
    """Lay out the dashboard: first the text about it, then the charts."""
    rows: list[dict[str, Asset]] = [{"MARKDOWN-about": {"width": 12, "height": 16, "code": about}}]
    rows += _rows(dashboard, charts)
    names = [f"ROW-{number}" for number in range(1, len(rows) + 1)]
    position: Asset = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": names, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}},
    }
    for name, cells in zip(names, rows, strict=True):
        meta = {"background": "BACKGROUND_TRANSPARENT"}
        position[name] = _cell(name, ["ROOT_ID", "GRID_ID"], meta, list(cells))
        for cell, meta in cells.items():
            position[cell] = _cell(cell, ["ROOT_ID", "GRID_ID", name], meta, [])
    return position


def _cell(name: str, parents: list[str], meta: Asset, children: list[str]) -> Asset:
    kind = name.partition("-")[0]
    return {"type": kind, "id": name, "children": children, "parents": parents, "meta": meta}

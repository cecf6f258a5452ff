"""Superset's assets: the dashboards that follow from the warehouse, in Superset's format."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator

import duckdb
import yaml

from servers.dashboards import Asset, Chart, Dashboard, Plan
from warehouse.manifest import Mart
from warehouse.project import PROJECT

SPECIFICATION = PROJECT / "bi" / "superset" / "dashboard.yaml"


def write_assets(marts: Iterable[Mart], connection: duckdb.DuckDBPyConnection) -> dict[str, Asset]:
    """Write the assets in Superset's format: path -> content.

    Args:
        marts: the marts of the manifest, which describe the columns.
        connection: the warehouse, which says what there is to show.

    """
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

"""Superset's assets, written from bi/superset/dashboard.yaml and the dbt manifest."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from warehouse.manifest import Column, Mart
from warehouse.project import PROJECT, UserError

SPECIFICATION = PROJECT / "bi" / "superset" / "dashboard.yaml"
Asset = dict[str, Any]


def write_assets(
    marts: Mapping[str, Mart], specification: Path = SPECIFICATION
) -> dict[str, Asset]:
    """Write the assets in Superset's format: path -> content.

    Args:
        marts: the marts of a manifest, by name.
        specification: what no mart knows: titles, metrics, charts, layout.

    Raises:
        UserError: the specification names a mart, column, metric or chart that does not exist, or
            does not show each chart once.

    """
    spec = yaml.safe_load(specification.read_text(encoding="utf-8"))
    datasets = {name: _dataset(spec, name, marts) for name in spec["datasets"]}
    charts = {name: _chart(spec, name, datasets) for name in spec["charts"]}
    # The time is asked for; nothing depends on it.
    metadata = {"type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"}
    assets = {
        "metadata.yaml": metadata,
        "databases/warehouse.yaml": spec["database"],
        **{f"datasets/{name}.yaml": dataset for name, dataset in datasets.items()},
        **{f"charts/{name}.yaml": chart for name, chart in charts.items()},
        "dashboards/dashboard.yaml": _dashboard(spec, charts),
    }
    return {path: {**asset, "version": "1.0.0"} for path, asset in assets.items()}


def _uuid(spec: Asset, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(spec["database"]["uuid"]), name))


def _format(name: str, formats: Mapping[str, str]) -> str | None:
    """Choose the format of a number by the unit in its name."""
    return next((text for unit, text in formats.items() if unit in name.split("_")), None)


def _check(used: Iterable[str], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(used) - set(known))
    if unknown:
        raise UserError(f"{where} has no {', '.join(unknown)}: build it anew, or correct the name")


def _dataset(spec: Asset, name: str, marts: Mapping[str, Mart]) -> Asset:
    """Describe a mart; its measures are not offered for grouping."""
    given = spec["datasets"][name]
    _check([name], marts, "the warehouse")
    columns = {column.name: column for column in marts[name].columns}
    _check(given["titles"], columns, f"{name} of the warehouse")
    titles = spec["titles"] | given["titles"]
    return {
        "table_name": name,
        "schema": "marts",
        "description": marts[name].description,
        "extra": {"disallow_adhoc_metrics": True},
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": titles.get(column.name),
                "type": column.data_type.replace("string", "varchar").upper(),
                "description": column.description,
                "groupby": not column.data_type.startswith(("decimal", "bigint")),
                "filterable": True,
                "is_dttm": False,
            }
            for column in columns.values()
        ],
        "metrics": _metrics(spec, name, columns, titles),
        "uuid": _uuid(spec, name),
        "database_uuid": spec["database"]["uuid"],
    }


def _metrics(
    spec: Asset, name: str, columns: Mapping[str, Column], titles: Mapping[str, str]
) -> list[Asset]:
    given = dict(spec["datasets"][name]["metrics"])
    metrics = given.pop("own", {})
    for rule, names in given.items():
        _check(names, columns, f"{name} of the warehouse")
        about = spec["rules"][rule]
        for column in names:
            metrics[column] = {
                "title": spec["metric_titles"].get(column) or titles[column],
                "expression": about["expression"].format(column=column),
                "description": f"{columns[column].description} {about['description']}",
            }
    return [
        {
            "metric_name": metric,
            "verbose_name": about["title"],
            "expression": about["expression"],
            "description": about["description"],
            "d3format": _format(metric, spec["formats"]),
        }
        for metric, about in metrics.items()
    ]


def _chart(spec: Asset, name: str, datasets: Mapping[str, Asset]) -> Asset:
    given = spec["charts"][name]
    _check([given["dataset"]], datasets, "the list of datasets")
    dataset = datasets[given["dataset"]]
    kind, params_of = ("bars", _bars) if "bars" in given else ("table", _table)
    params = {
        **spec["kinds"][kind],
        "adhoc_filters": [],
        "row_limit": 100,
        "time_range": "No filter",
        **params_of(given, dataset, spec["formats"] | given.get("formats", {})),
        **given.get("params", {}),
    }
    if condition := given.get("filter"):
        _check_columns([condition["column"]], dataset)
        params["adhoc_filters"] = [
            {
                "expressionType": "SIMPLE",
                "clause": "WHERE",
                "subject": condition["column"],
                "operator": condition["operator"],
                "comparator": condition["value"],
            }
        ]
    return {
        "slice_name": given["title"],
        "description": given.get("description"),
        "viz_type": params.pop("viz_type"),
        "params": params,
        "dataset_uuid": dataset["uuid"],
        "uuid": _uuid(spec, name),
    }


def _check_columns(used: Iterable[str], dataset: Asset) -> None:
    columns = [column["column_name"] for column in dataset["columns"]]
    _check(used, columns, f"the dataset {dataset['table_name']}")


def _bars(given: Asset, dataset: Asset, formats: Mapping[str, str]) -> Asset:
    by, metric = given["bars"]["by"], given["bars"]["metric"]
    _check_columns([by, *given.get("params", {}).get("groupby", [])], dataset)
    metrics = [metric["metric_name"] for metric in dataset["metrics"]]
    _check([metric], metrics, f"the dataset {dataset['table_name']}")
    return {
        "x_axis": by,
        "metrics": [metric],
        "x_axis_sort": metric,
        "y_axis_format": _format(metric, formats),
        "y_axis_title": given["bars"]["axis"],
    }


def _table(given: Asset, dataset: Asset, formats: Mapping[str, str]) -> Asset:
    order = given.get("order_by", "sort_order")
    _check_columns([*given["table"], order], dataset)
    measures = {column["column_name"] for column in dataset["columns"] if not column["groupby"]}
    shown = [name for name in given["table"] if name in measures]
    return {
        "all_columns": given["table"],
        "order_by_cols": [json.dumps([order, True])],
        "column_config": {name: {"d3NumberFormat": _format(name, formats)} for name in shown},
    }


def _dashboard(spec: Asset, charts: Mapping[str, Asset]) -> Asset:
    given = spec["dashboard"]
    shown = [name for row in given["rows"] for name in row["charts"]]
    _check([*shown, *given["filter"]["excluded"]], charts, "the list of charts")
    wrong = sorted(name for name in charts if shown.count(name) != 1)
    if wrong:
        raise UserError(f"the dashboard has to show each chart once: {', '.join(wrong)}")
    ids = {name: number for number, name in enumerate(shown, start=1)}
    filters = [_filter(spec, [ids[name] for name in given["filter"]["excluded"]])]
    return {
        "dashboard_title": given["title"],
        "description": given["description"],
        "slug": given["slug"],
        "published": True,
        "uuid": given["uuid"],
        "position": _position(given, charts, ids),
        "metadata": {**given["metadata"], "native_filter_configuration": filters},
    }


def _filter(spec: Asset, excluded: list[int]) -> Asset:
    given = spec["dashboard"]["filter"]
    target = {"column": {"name": given["column"]}, "datasetUuid": _uuid(spec, given["dataset"])}
    return {
        "id": f"NATIVE_FILTER-{given['column']}",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "requiredFirst": True,
        "name": given["name"],
        "description": given["description"],
        "targets": [target],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": excluded},
        # One value, the latest at first.
        "controlValues": {
            "multiSelect": False,
            "enableEmptyFilter": True,
            "defaultToFirstItem": True,
            "sortAscending": False,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
    }


def _position(given: Asset, charts: Mapping[str, Asset], ids: Mapping[str, int]) -> Asset:
    """Lay out the rows: first the text about the dashboard, then the charts."""
    rows: list[dict[str, Asset]] = [
        {"MARKDOWN-about": {"width": 12, "height": 14, "code": given["about"]}}
    ]
    for row in given["rows"]:
        cells: dict[str, Asset] = {}
        for name, width in row["charts"].items():
            of_chart = {"chartId": ids[name], "uuid": charts[name]["uuid"]}
            cells[f"CHART-{name}"] = {"width": width, "height": row["height"], **of_chart}
        rows.append(cells)
    names = [f"ROW-{number}" for number in range(1, len(rows) + 1)]
    position: Asset = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": names, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": given["title"]}},
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

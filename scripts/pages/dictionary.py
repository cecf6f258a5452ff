"""The data dictionary: every mart with its columns, its keys and its file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pages.data import Data
from pages.tables import Cell, Table
from pages.text import number
from warehouse.manifest import Mart

HEADINGS = {"column": "Column", "type": "Type", "keys": "Key", "description": "Description"}


def read_models(manifest: Path) -> dict[str, dict[str, str]]:
    """Read the id of each model, and the path of the file that defines it."""
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    return {
        node["name"]: {"unique_id": node["unique_id"], "path": node["original_file_path"]}
        for node in nodes
        if node["resource_type"] == "model"
    }


def dictionary(
    data: Data, marts: Sequence[Mart], models: dict[str, dict[str, str]]
) -> Iterator[dict[str, Any]]:
    """Yield what the dictionary shows of each mart."""
    for mart in marts:
        rows = []
        for column in mart.columns:
            roles = ["primary key"] if column.name in mart.primary_key else []
            roles += [f"to {key.to}" for key in mart.foreign_keys if column.name in key.columns]
            texts = (column.name, column.data_type, ", ".join(roles), column.description)
            rows.append([Cell(text) for text in texts])
        yield {
            **models[mart.name],
            "name": mart.name,
            "paragraphs": mart.description.split("\n\n"),
            "row_count": number(data.query(f"select count(*) as n from {mart.relation}")[0]["n"]),
            "table": Table(f"columns-{mart.name}", f"Columns of {mart.name}", HEADINGS, rows),
        }

"""The data dictionary: every mart with its columns, its keys, its tests and its file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pages.data import Data
from pages.tables import Cell, Table
from pages.text import number
from warehouse.manifest import Mart

HEADINGS = {
    "column": "Column",
    "type": "Type",
    "keys": "Key",
    "description": "Description",
    "tests": "Tests that name it",
}


@dataclass(frozen=True)
class Test:
    """A data test that reads a mart, and the words of its arguments if it stands at that mart."""

    name: str
    description: str
    words: set[str]


def read_models(manifest: Path) -> dict[str, dict[str, Any]]:
    """Read the models by their names from a manifest that `read_marts` has accepted.

    Returns:
        For each its id, the path of the file that defines it, and its tests by name.

    """
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    tests: dict[str, list[Test]] = {}
    for node in sorted(nodes, key=lambda node: str(node["name"])):
        if node["resource_type"] == "test":
            words = set(_words((node.get("test_metadata") or {}).get("kwargs", {})))
            description = " ".join(node["description"].split())
            for parent in set(node["depends_on"]["nodes"]):
                own = words if node.get("attached_node") == parent else set()
                tests.setdefault(parent, []).append(Test(node["name"], description, own))
    return {
        node["name"]: {
            "unique_id": node["unique_id"],
            "path": node["original_file_path"],
            "tests": tests.get(node["unique_id"], []),
        }
        for node in nodes
        if node["resource_type"] == "model"
    }


def _words(value: Any) -> Iterator[str]:
    """Yield the words of the texts in nested lists and dictionaries."""
    if isinstance(value, str):
        yield from re.findall(r"\w+", value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _words(part)


def dictionary(
    data: Data, marts: Sequence[Mart], models: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the dictionary shows of each mart."""
    return [
        {
            **models[mart.name],
            "name": mart.name,
            "paragraphs": mart.description.split("\n\n"),
            "row_count": number(data.query(f"select count(*) as n from {mart.relation}")[0]["n"]),
            "table": _columns(mart, models[mart.name]["tests"]),
        }
        for mart in marts
    ]


def _columns(mart: Mart, tests: Sequence[Test]) -> Table:
    rows = []
    for column in mart.columns:
        named = [
            test.name.removeprefix(f"{mart.name}__") for test in tests if column.name in test.words
        ]
        roles = ["primary key"] if column.name in mart.primary_key else []
        roles += [f"to {key.to}" for key in mart.foreign_keys if column.name in key.columns]
        texts = (column.data_type, ", ".join(roles), column.description, ", ".join(named))
        rows.append([Cell(text) for text in (column.name, *texts)])
    return Table(f"columns-{mart.name}", f"Columns of {mart.name}", HEADINGS, rows)

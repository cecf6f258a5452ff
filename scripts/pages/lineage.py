"""What the dbt manifest knows of each mart: its tests, and its way from the printed cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAYERS = ("raw", "staging", "intermediate", "marts")


@dataclass(frozen=True)
class Node:
    """A seed or a model, with the file that defines it; its layer is its schema."""

    unique_id: str
    name: str
    path: str
    layer: str


@dataclass(frozen=True)
class Test:
    """A data test and the columns of its mart that it names."""

    name: str
    description: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """The nodes that a mart is made from, by layer, and the marts that read it."""

    layers: dict[str, tuple[Node, ...]]
    reference: tuple[Node, ...]
    read_by: tuple[Node, ...]


class Project:
    """The seeds, models and tests of a dbt manifest."""

    def __init__(self, manifest: Path) -> None:
        """Read a manifest that `read_marts` has accepted."""
        content = json.loads(manifest.read_bytes())
        self._nodes: dict[str, dict[str, Any]] = content["nodes"]
        self._parents: dict[str, list[str]] = content["parent_map"]
        self._children: dict[str, list[str]] = content["child_map"]
        self.nodes = {
            unique_id: _node(node)
            for unique_id, node in self._nodes.items()
            if node["resource_type"] in ("seed", "model")
        }
        self._by_name = {node.name: unique_id for unique_id, node in self.nodes.items()}

    def node(self, name: str) -> Node:
        """Return a seed or model by its name."""
        return self.nodes[self._by_name[name]]

    def seeds_of_exhibits(self) -> dict[str, Node]:
        """Return the raw seed of each exhibit."""
        return {
            self._nodes[unique_id]["config"]["meta"]["exhibit_id"]: node
            for unique_id, node in self.nodes.items()
            if node.layer == "raw"
        }

    def mirrored_exhibit(self, mart: str) -> str | None:
        """Return the exhibit that a mart gives back as printed; a test says so."""
        for test in self._tests(mart):
            if (test.get("test_metadata") or {}).get("name") == "mirrors":
                for parent in test["depends_on"]["nodes"]:
                    if self.nodes[parent].layer == "raw":
                        return self._nodes[parent]["config"]["meta"]["exhibit_id"]
        return None

    def tests(self, mart: str) -> tuple[Test, ...]:
        """Return the data tests that read a mart, in the order of their names."""
        columns = self._nodes[self._by_name[mart]]["columns"]
        tests = []
        for test in self._tests(mart):
            kwargs = (test.get("test_metadata") or {}).get("kwargs", {})
            # Of a test that stands at another mart, the columns are not this one's.
            own = test.get("attached_node") == self._by_name[mart]
            words = set(re.findall(r"\w+", " ".join(_texts(kwargs)))) if own else set()
            named = tuple(column for column in columns if column in words)
            tests.append(Test(test["name"], " ".join(test["description"].split()), named))
        return tuple(sorted(tests, key=lambda test: test.name))

    def _tests(self, mart: str) -> Iterator[dict[str, Any]]:
        for child in self._children[self._by_name[mart]]:
            if child.startswith("test."):
                yield self._nodes[child]

    def lineage(self, mart: str, exhibits: Iterable[str]) -> Lineage:
        """Follow a mart back to the raw seeds of the exhibits whose numbers stand in it."""
        start = self._by_name[mart]
        ancestors = self._reach(start, self._parents)
        seeds = self.seeds_of_exhibits()
        sources = {seeds[exhibit].unique_id for exhibit in exhibits} & ancestors
        derived = set().union(*(self._reach(source, self._children) for source in sources))
        way = (ancestors & derived) | sources
        nodes = sorted((self.nodes[unique_id] for unique_id in way), key=lambda node: node.name)
        reference = (self.nodes[unique_id] for unique_id in ancestors)
        read_by = (self.nodes[child] for child in self._children[start] if child in self.nodes)
        return Lineage(
            {layer: tuple(node for node in nodes if node.layer == layer) for layer in LAYERS},
            _sorted(node for node in reference if node.layer == "reference"),
            _sorted(node for node in read_by if node.layer == "marts"),
        )

    def draws_on_print(self, mart: str) -> bool:
        """Say whether any raw seed flows into a mart."""
        ancestors = self._reach(self._by_name[mart], self._parents)
        return any(self.nodes[unique_id].layer == "raw" for unique_id in ancestors)

    def _reach(self, start: str, edges: dict[str, list[str]]) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            for other in edges.get(waiting.pop(), ()):
                if other in self.nodes and other not in found:
                    found.add(other)
                    waiting.append(other)
        return found


def _node(node: dict[str, Any]) -> Node:
    return Node(
        node["unique_id"], node["name"], node["original_file_path"], node["config"]["schema"]
    )


def _sorted(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(sorted(nodes, key=lambda node: node.name))


def _texts(value: Any) -> Iterator[str]:
    """Yield each text below a value of nested lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)

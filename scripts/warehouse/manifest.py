"""The marts as the dbt manifest describes them, with the keys that tests enforce."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.database import quoted
from warehouse.project import UserError

# The build id stands in everything that a build makes: in the warehouse in `release.about`, in
# manifest and data package as `build_id`, in each page, dbt's too, in a meta element.
IN_FILE = re.compile(rb'"build[-_]id"(?:: | content=)"([0-9a-f]{12})"')


@dataclass(frozen=True)
class Column:
    """One column of a mart; `is_required` where a test says that it is never null."""

    name: str
    data_type: str
    description: str
    is_required: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """Columns that point at columns of the model `to`; a null in any of them is no reference."""

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True)
class Mart:
    """A model of the schema `marts` as the manifest describes it, with the keys that tests enforce.

    `primary_key` is what the test `<model>__primary_key` is about, or the column tested as unique.
    """

    name: str
    schema: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def relation(self) -> str:
        """The mart's name in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def read_marts(manifest: Path) -> tuple[Mart, ...]:
    """Read the marts from a dbt manifest, in the order of their names.

    Raises:
        UserError: there is no such file, or it is not a dbt manifest with marts.

    """
    try:
        nodes = json.loads(manifest.read_bytes())["nodes"]
    except OSError as error:
        raise UserError(f"cannot read the dbt manifest {manifest}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{manifest} is not a dbt manifest") from error
    tests: dict[str, list[dict[str, Any]]] = {}
    for _, node in sorted(nodes.items()):
        if node["resource_type"] == "test":
            tests.setdefault(node.get("attached_node") or "", []).append(node)
    marts = [
        _mart(node, tests.get(unique_id, []))
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["config"].get("schema") == "marts"
    ]
    if not marts:
        raise UserError(f"the dbt manifest {manifest} has no model in the schema marts")
    return tuple(sorted(marts, key=lambda mart: mart.name))


def _mart(node: dict[str, Any], tests: list[dict[str, Any]]) -> Mart:
    required = {name for test in _named(tests, "not_null") for name in _columns(test)}
    named = (test for test in tests if test["name"].endswith("__primary_key"))
    keys = [*named, *_named(tests, "unique")]
    return Mart(
        name=node["name"],
        schema=node["schema"],
        description=_unwrapped(node["description"]),
        columns=tuple(
            Column(
                name=column["name"],
                data_type=column.get("data_type") or "",
                description=_unwrapped(column.get("description") or ""),
                is_required=column["name"] in required,
            )
            for column in node["columns"].values()
        ),
        primary_key=next((tuple(_columns(test)) for test in keys), ()),
        foreign_keys=tuple(
            key for test in _named(tests, "relationships") for key in _foreign_keys(test)
        ),
    )


def _unwrapped(text: str) -> str:
    """Undo the line breaks within a paragraph; keep paragraphs, lists and tables."""
    return re.sub(r"(?<!\n)\n(?![\n\-*|#\d])", " ", text.strip())


def _named(tests: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [test for test in tests if (test.get("test_metadata") or {}).get("name") == name]


def _columns(test: dict[str, Any]) -> list[str]:
    """Return the columns that a test is about: a list, or the one that it is declared at."""
    kwargs = test["test_metadata"]["kwargs"]
    for argument in ("combination_of_columns", "columns"):
        if argument in kwargs:
            return list(kwargs[argument])
    return [kwargs["column_name"]]


def _foreign_keys(test: dict[str, Any]) -> Iterator[ForeignKey]:
    for key in test["test_metadata"]["kwargs"]["keys"]:
        [model] = re.findall(r"['\"](.+?)['\"]", key["to"])  # ref('model')
        to_columns = key.get("to_columns") or key["columns"]
        yield ForeignKey(tuple(key["columns"]), model, tuple(to_columns))


def build_id_of(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> str:
    """Return the build id that the content of a warehouse gives: 12 hexadecimal digits.

    It follows from the rows of all marts, in any order, and from what the manifest says about them:
    the same data and descriptions give the same id, at any time and on any machine.
    """
    digest = hashlib.sha256()
    for mart in marts:
        digest.update(repr((mart, content_of(connection, mart))).encode())
    return digest.hexdigest()[:12]


def content_of(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[Any]:
    """Return what the rows of a mart come to, in any order: their number, and a checksum."""
    return connection.execute(
        "select count(*), sum(md5_number_lower(cast(one_row as varchar)))"
        f" from {mart.relation} as one_row"
    ).fetchall()


def check_build_id(connection: duckdb.DuckDBPyConnection, *files: Path) -> str:
    """Return the build id that stands in a warehouse, and in each of the files that go with it.

    Raises:
        UserError: a file is of another build, or of none.

    """
    try:
        [[build_id]] = connection.execute("select build_id from release.about").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException, ValueError) as error:
        raise UserError("the warehouse does not say which build it is: build it anew") from error
    for file in files:
        found = IN_FILE.search(file.read_bytes())
        if not found or found[1].decode() != build_id:
            other = f"build {found[1].decode()}" if found else "no build"
            raise UserError(
                f"{file} is of {other}, the warehouse of build {build_id}: run make build again"
            )
    return str(build_id)

"""Build the warehouse on a Spark cluster, and publish it as every build: a file and its exports.

The cluster is spoken to through Spark Connect, by dbt-spark and by this module, in one session: on
Sail another session would not see the tables. Seeds and sheets are uploaded; the marts come back.
Statements are not repeated: a cluster that lost a connection may have done half of one.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb
import pyarrow
from grpc import Call, RpcError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from bounds.propose import propose
from publish.build import build_with_dbt, check_seeds
from warehouse.database import STORAGE, quoted
from warehouse.dbt import (
    BuildFailedError,
    check_results,
    close_connections,
    has_failed,
    read_project,
    run_dbt,
)
from warehouse.manifest import Mart, content_of, read_marts
from warehouse.project import PROJECT, UserError
from warehouse.sheets import comments, descriptions, load_sheets, raw_tables

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

logger = logging.getLogger("build")

BUILT = "warehouse_build"
DEFAULT_PORT = 15002


def builder(remote: str, *, compare: bool) -> Callable[..., list[RunResult]]:
    """Return what takes the place of `build_with_dbt`, for the cluster at `remote`.

    Args:
        remote: address of the cluster, sc://host:port.
        compare: build on DuckDB too, and refuse marts that are not the same, row for row.

    """

    def build(
        warehouse: Path, target_path: Path, *, unit_tests: bool, docs: bool
    ) -> list[RunResult]:
        check_seeds()
        with _cluster(remote) as session:
            propose(warehouse, target_path)
            _load_raw(session)
            logger.info("building the warehouse on %s with dbt", remote)
            results = run_dbt("spark", target_path.with_name("spark"), unit_tests=unit_tests)
            if any(map(has_failed, results)):
                session.sql("select 1").collect()  # of a cluster that is gone, that is the message
            check_results(results, _Connection)
            read_project("duckdb", target_path)
            _fetch(session, results, warehouse, target_path / "manifest.json")
        if compare:
            logger.info("building the warehouse on DuckDB, to compare")
            _compare(warehouse, target_path, docs=docs)
        return results

    return build


@contextmanager
def _cluster(remote: str) -> Iterator[SparkSession]:
    """Give a session in a cluster without tables of a build, and turn its errors into one line."""
    place = urlsplit(remote)
    try:
        address = (place.hostname, place.port or DEFAULT_PORT)
        if place.scheme != "sc" or not place.hostname:
            raise ValueError
    except ValueError as error:
        raise UserError(f"SPARK_REMOTE is {remote!r}: expected sc://host:port") from error
    # dbt-spark asks for a catalog of Hive, which no session can choose.
    warnings.filterwarnings("ignore", message="Failed to set spark.sql.catalogImplementation")
    os.environ["SPARK_REMOTE"] = remote  # dbt-spark takes the same session
    try:
        socket.create_connection(address, timeout=10).close()
        session = SparkSession.builder.getOrCreate()
        session.client.set_retry_policies([])
        _drop_built(session)
        yield session
        _drop_built(session)
    except (OSError, RpcError, PySparkException) as error:
        if isinstance(error, OSError) and getattr(error, "filename", None):
            raise
        # What gRPC says in one sentence; else all.
        sentence = error.details() if isinstance(error, Call) else error
        said = " ".join(str(sentence).split())[:300]
        raise UserError(
            f"no cluster answers at {remote} ({said}): nothing was published; see docs/spark.md"
        ) from error


def _drop_built(session: SparkSession) -> None:
    for row in session.sql("show databases").collect():
        if row[0].startswith(f"{BUILT}_"):
            session.sql(f"drop schema {row[0]} cascade")


def _load_raw(session: SparkSession) -> None:
    session.sql(f"create schema {BUILT}_raw")
    for name, (columns, rows) in raw_tables(PROJECT).items():
        types = pyarrow.schema([(column, pyarrow.string()) for column in columns])
        # Blank is null, as where the sheets are read as CSV.
        cells = [{column: row.get(column) or None for column in columns} for row in rows]
        _load(session, f"{BUILT}_raw.{name}", pyarrow.Table.from_pylist(cells, types))


def _load(session: SparkSession, name: str, table: pyarrow.Table) -> None:
    """Make a table, and check that all rows have come."""
    types = {"string": "string", "int32": "int", "int64": "bigint"}
    columns = (f"{field.name} {types.get(str(field.type), field.type)}" for field in table.schema)
    session.sql(f"create table {name} ({', '.join(columns)})")
    if table.num_rows:
        session.createDataFrame(table).write.insertInto(name)
    _check_count(name, table.num_rows, session.table(name).count())


def _check_count(name: str, expected: int, found: int) -> None:
    if found != expected:
        raise BuildFailedError(
            "a table is not whole", [f"{name} has {found} rows, expected {expected}"]
        )


def _fetch(
    session: SparkSession, results: list[RunResult], warehouse: Path, manifest: Path
) -> None:
    """Write sheets, reference seeds and marts to a DuckDB file, with their descriptions."""
    types = {mart.name: mart for mart in read_marts(manifest)}
    nodes = json.loads(manifest.read_bytes())["nodes"]
    with duckdb.connect(str(warehouse), config=STORAGE) as connection:
        load_sheets(connection, PROJECT)
        connection.execute("create schema reference; create schema marts")
        built_nodes: list[Any] = [result.node for result in results]
        for node in built_nodes:
            if node.config.get("schema") not in ("reference", "marts"):
                continue
            built = f"{node.schema}.{node.alias}"
            rows = session.table(built).toArrow()
            _check_count(built, session.table(built).count(), rows.num_rows)
            table = f"{node.config.schema}.{quoted(node.alias)}"
            connection.execute(f"create table {table} as from rows")
            if node.name in types:
                for statement in comments(table, nodes[node.unique_id]):
                    connection.execute(statement)
        for statement in descriptions(manifest):
            connection.execute(statement)


def _compare(warehouse: Path, target_path: Path, *, docs: bool) -> None:
    """Build on DuckDB, and refuse a file whose marts have other rows or types.

    Raises:
        BuildFailedError: names each mart that differs.

    """
    compared = warehouse.with_name("compared.duckdb")
    try:
        build_with_dbt(compared, target_path, unit_tests=False, docs=docs)
        marts = read_marts(target_path / "manifest.json")
        with (
            duckdb.connect(str(warehouse), read_only=True) as one,
            duckdb.connect(str(compared), read_only=True) as other,
        ):
            differ = [mart.name for mart in marts if _content(one, mart) != _content(other, mart)]
    finally:
        close_connections()
        for file in warehouse.parent.glob(f"{compared.name}*"):
            file.unlink()
    if differ:
        raise BuildFailedError(f"marts that differ from DuckDB's: {len(differ)}", differ)


def _content(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[Any]:
    columns = connection.execute(f"describe {mart.relation}").fetchall()
    return [[column[:2] for column in columns], content_of(connection, mart)]


class _Connection:
    """The session as a connection (DB-API), to run a failed test's query again."""

    def __init__(self) -> None:
        from dbt.adapters.spark.session import Connection

        self.cursor = Connection().cursor

    def close(self) -> None:
        """Leave the session as it is."""

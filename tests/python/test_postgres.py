"""On PostgreSQL the marts are DuckDB's, value for value; readers read, and see one build."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
import pyodbc
import pytest
from psycopg2.extensions import connection as Connection

from conftest import FIXTURES, PROJECT, Built, Marts, alter, copy_project, need, run
from local_servers import BUILDER, Server, fetch, run_publish, said_in_one_line, started_server
from servers.postgres import Relation, publish
from test_marts import resolved

pytestmark = pytest.mark.integration

DRIVER = "PostgreSQL Unicode"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # A folder that the server's user can reach.
    with tempfile.TemporaryDirectory() as folder, started_server(Path(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def published(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse on the server, from a project that tests may alter."""
    project = copy_project(tmp_path_factory.mktemp("postgres"))
    done = run_publish(project, server.environment(), "--unit-tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tables in marts" in done.stdout
    return project


@pytest.fixture
def analyst(server: Server, published: Path) -> Iterator[Connection]:
    with closing(server.connect("analyst")) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def odbc(server: Server, published: Path) -> Iterator[pyodbc.Connection]:
    need(DRIVER in pyodbc.drivers(), "the ODBC driver of PostgreSQL (Debian: odbc-postgresql)")
    text = f"Driver={{{DRIVER}}};Server=127.0.0.1;Database=warehouse;UID=analyst;BoolsAsChar=0"
    text += f";Port={server.port};PWD={server.passwords['analyst']}"
    with closing(pyodbc.connect(text, autocommit=True)) as connection:
        yield connection


def exactly(rows: Iterable[Iterable[object]]) -> Counter[tuple[str, ...]]:
    """Rows as a multiset in which 1, 1.0, True and Decimal('1.00') differ."""
    return Counter(tuple(repr(value) for value in row) for row in rows)


def tables(connection: Connection) -> list[tuple[Any, ...]]:
    """Name everything in the database that is not the server's own."""
    return fetch(
        connection,
        "select nspname, relname from pg_class join pg_namespace n on relnamespace = n.oid"
        " where relkind in ('r', 'v', 'm', 'p', 'f') and nspname not in"
        " ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2",
    )


def test_every_table_value_type_and_comment_is_duckdbs(
    analyst: Connection, odbc: pyodbc.Connection, marts: Marts
) -> None:
    comments = "select schema_name || '.' || {0}_name, comment from duckdb_{0}s()"
    comment_of = dict(marts.execute(comments.format("table")).fetchall())
    comment_of |= marts.execute(comments.format("view")).fetchall()
    published = [f"{schema}.{name}" for schema, name in tables(analyst)]
    expected = [name for name in comment_of if re.match("(marts|raw|reference)[.]", name)]
    assert published == sorted(expected)
    assert len(published) > 40
    listed = odbc.cursor().tables(tableType="TABLE,VIEW").fetchall()
    assert sorted(f"{row.table_schem}.{row.table_name}" for row in listed) == published
    row_count = 0
    for name in published:
        columns = fetch(
            analyst,
            "select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum),"
            " obj_description(attrelid, 'pg_class') from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 order by attnum",
            name,
        )
        described = marts.execute(
            "select column_name, data_type, comment, $1 from duckdb_columns()"
            " where schema_name || '.' || table_name = $2 order by column_index",
            [comment_of[name], name],
        ).fetchall()
        assert columns == [
            (column, kind.lower().replace("varchar", "text").replace("decimal", "numeric"), *texts)
            for column, kind, *texts in described
        ], name
        rows = marts.execute(f"from {name}").fetchall()
        assert exactly(fetch(analyst, f"select * from {name}")) == exactly(rows), name
        assert exactly(odbc.execute(f"select * from {name}").fetchall()) == exactly(rows), name
        row_count += len(rows)
    assert row_count > 500


def test_the_guide_has_a_query_for_descriptions_over_odbc(
    odbc: pyodbc.Connection, marts: Marts
) -> None:
    page = (PROJECT / "docs" / "postgres.md").read_text(encoding="utf-8")
    [query] = re.findall(r"^    select.*?pg_description.*?\n\n", page, re.DOTALL | re.MULTILINE)
    expected = marts.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where schema_name = 'marts' and comment is not null"
    ).fetchall()
    assert len(expected) > 200
    assert set(expected) <= {tuple(row) for row in odbc.execute(query).fetchall()}


def test_the_same_seeds_models_and_tests_have_passed(built: Built, published: Path) -> None:
    on_postgres, on_duckdb = (
        {result["unique_id"]: result["status"] for result in json.loads(text)["results"]}
        for text in (
            (published / ".work" / "postgres" / "run_results.json").read_bytes(),
            built.run_results.read_bytes(),
        )
    )
    assert on_postgres == on_duckdb
    assert set(on_postgres.values()) == {"success", "pass"}
    assert sum(status == "pass" for status in on_postgres.values()) > 100


def test_worked_questions_have_the_same_answers(analyst: Connection, marts: Marts) -> None:
    paths = sorted((PROJECT / "analyses").glob("*.sql"))
    assert len(paths) == 10
    for path in paths:
        query = resolved(path.read_text(encoding="utf-8"))
        rows = marts.execute(query).fetchall()
        assert rows, path.name
        assert exactly(fetch(analyst, query.replace("%", "%%"))) == exactly(rows), path.name


def test_no_password_is_left_in_a_file(server: Server, published: Path) -> None:
    files = [path for path in published.rglob("*") if path.is_file()]
    assert any(path.name == "manifest.json" for path in files)
    for path in files:
        assert server.passwords[BUILDER].encode() not in path.read_bytes(), path


REFUSED = (FIXTURES / "refused_by_postgres.txt").read_text().splitlines()


@pytest.mark.parametrize("statement", REFUSED)
def test_reader_is_refused(analyst: Connection, statement: str) -> None:
    # The default that any session can change is off: what refuses is the lack of rights.
    fetch(analyst, "set default_transaction_read_only = off; select 1")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        fetch(analyst, statement)
    assert fetch(analyst, "rollback; select count(*) > 0 from marts.dim_rules") == [(True,)]


def test_readers_are_read_only_by_default_and_others_cannot_connect(
    server: Server, analyst: Connection
) -> None:
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        fetch(analyst, "delete from marts.dim_rules")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        server.connect("stranger")


# A right that a reader must not have -> what the command says.
RIGHTS = {
    "grant insert on marts.dim_rules to warehouse_reader": "can write to marts.dim_rules",
    "grant update (label) on marts.dim_rules to public": "can write to marts.dim_rules",
    "grant create on schema marts to public": "can create in the schema marts",
    "grant temporary on database warehouse to public": "has the right temporary in the database",
    "grant execute on function lo_create(oid) to public": "can call lo_create(oid)",
    "grant pg_read_server_files to warehouse_reader": "is a member of pg_read_server_files",
    "alter role warehouse_reader createdb": "has attributes of an administrator",
}


@pytest.mark.parametrize("given", RIGHTS)
def test_nothing_is_published_where_readers_could_write(
    server: Server, published: Path, given: str
) -> None:
    taken_back = re.sub("^grant (.*) to (.*)", r"revoke \1 from \2", given)
    server.run(given)
    done = run_publish(published, server.environment())
    server.run(taken_back.replace(" createdb", " nocreatedb"))
    line = said_in_one_line(done)
    assert line.startswith(f"postgres: the role warehouse_reader {RIGHTS[given]}:"), line


def test_failed_build_is_named_and_nothing_is_published(
    server: Server, published: Path, analyst: Connection
) -> None:
    def contents() -> dict[tuple[str, str], object]:
        return {
            (schema, name): exactly(fetch(analyst, f"select * from {schema}.{name}"))
            for schema, name in tables(analyst)
            if not schema.startswith("warehouse_build_")
        }

    before = contents()
    path = published / "seeds" / "reference" / "known_discrepancies.csv"
    declared = path.read_text(encoding="utf-8")
    path.write_text(declared.splitlines(keepends=True)[0], encoding="utf-8")
    done = run_publish(published, server.environment())
    path.write_text(declared, encoding="utf-8")
    assert done.returncode == 1
    assert "what is published is as it was" in done.stderr
    assert re.search(r"Gender.*\b2\.2\b", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert contents() == before
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        fetch(analyst, "select * from warehouse_build_marts.dim_reports")


def test_readers_see_one_build_through_a_rebuild(server: Server, published: Path) -> None:
    reference = published / "seeds" / "reference" / "reports.csv"
    alter(reference, "Production Offenses", "Offenses of Production")
    run(sys.executable, "scripts/cli.py", "review", cwd=published)
    in_seed, in_mart = (
        f"select title from {table} where report_id = 'ussc_production_2021'"
        for table in ("reference.reports", "marts.dim_reports")
    )
    is_over = threading.Event()

    def read(level: str) -> set[tuple[str, str]]:
        """See both titles: in one transaction of one snapshot, or else in one statement."""
        seen = set()
        with closing(server.connect("analyst")) as connection:
            connection.set_session(isolation_level=level)
            while not is_over.wait(0.002):
                with connection:
                    if level == "READ COMMITTED":
                        seen |= set(fetch(connection, f"select ({in_seed}), ({in_mart})"))
                    else:
                        [(first,)] = fetch(connection, in_seed)
                        time.sleep(0.02)
                        seen.add((first, fetch(connection, in_mart)[0][0]))
        return seen

    with closing(server.connect("analyst")) as old, ThreadPoolExecutor(2) as readers:
        old.set_session(isolation_level="REPEATABLE READ")
        [(title,)] = fetch(old, in_seed)
        reading = [readers.submit(read, level) for level in ("READ COMMITTED", "REPEATABLE READ")]
        try:
            done = run_publish(published, server.environment())
            time.sleep(0.2)
        finally:
            is_over.set()
        assert done.returncode == 0, done.stderr
        # A transaction from before the build has read the seed only: the mart is of its time too.
        assert fetch(old, in_mart) == [(title,)]
    new_title = title.replace("Production Offenses", "Offenses of Production")
    assert new_title != title
    for reader in reading:
        assert reader.result() == {(title, title), (new_title, new_title)}


SMALL = [Relation(name, "warehouse_build_marts", "marts") for name in ("a", "b")]


@pytest.fixture
def small(server: Server) -> Iterator[Connection]:
    """A builder's connection to a small database, in which two tables have been published."""
    server.set_up("small")
    with closing(server.connect(BUILDER, "small")) as connection:
        publish_small(
            connection,
            "create schema warehouse_build_marts;"
            "create table warehouse_build_marts.a as select 1 as one;"
            "create view warehouse_build_marts.b as select 2 as two",
        )
        yield connection
    server.run("drop database small with (force)", "postgres")


def publish_small(small: Connection, change: str, relations: list[Relation] = SMALL) -> None:
    """Change what has been built, and publish it in one transaction."""
    with small, small.cursor() as cursor:
        cursor.execute(change)
        publish(cursor, relations)


def test_publication_that_fails_half_way_changes_nothing(small: Connection) -> None:
    change = "update warehouse_build_marts.a set one = 10"
    lacking = Relation("lacking", "warehouse_build_marts", "marts")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        publish_small(small, change, [*SMALL, lacking])
    assert fetch(small, "select * from marts.a, marts.b") == [(1, 2)]
    publish_small(small, change)
    assert fetch(small, "select * from marts.a, marts.b") == [(10, 2)]


def test_table_with_other_columns_is_replaced_once_its_readers_are_gone(
    server: Server, small: Connection
) -> None:
    change = "alter table warehouse_build_marts.a add column three integer"
    with closing(server.connect("analyst", "small")) as reader:
        assert fetch(reader, "select * from marts.a") == [(1,)]
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            publish_small(small, f"set local lock_timeout = '100ms'; {change}")
        assert fetch(reader, "select * from marts.a") == [(1,)]
    publish_small(small, change)
    with closing(server.connect("analyst", "small")) as reader:
        assert fetch(reader, "select * from marts.a") == [(1, None)]


def test_table_that_is_no_longer_built_is_gone(server: Server, small: Connection) -> None:
    publish_small(small, "select 1", SMALL[:1])
    with closing(server.connect("analyst", "small")) as reader:
        assert fetch(reader, "select * from marts.a") == [(1,)]
        with pytest.raises(psycopg2.errors.UndefinedTable):
            fetch(reader, "select * from marts.b")


def test_second_build_gives_up_with_one_line(server: Server, published: Path) -> None:
    with closing(server.connect(BUILDER)) as first:
        fetch(first, "comment on schema warehouse_build is 'Locked.'; select 1")
        done = run_publish(published, server.environment(), "--wait", "0")
    assert said_in_one_line(done).startswith("postgres: another build is still writing")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PGDATABASE": "", "PGUSER": ""}, "set PGDATABASE and PGUSER:"),
        ({"PGPASSWORD": "not-the-one"}, "cannot connect: .*password authentication failed"),
        ({"PGDATABASE": "postgres"}, "the database postgres is not set up for the warehouse:"),
        ({"PGUSER": "admin"}, "admin only reads in the database warehouse:"),
        ({"PGDATABASE": "english"}, "the database english sorts text by a language's rules"),
    ],
)
def test_bad_input_is_one_line(server: Server, environment: dict[str, str], said: str) -> None:
    if environment == {"PGDATABASE": "english"}:
        server.run("create database english", "postgres")
        server.set_up("english")
    user = environment.get("PGUSER") or BUILDER
    line = said_in_one_line(run_publish(PROJECT, server.environment(user) | environment))
    assert re.match(f"postgres: {said}", line), line
    assert "not-the-one" not in line

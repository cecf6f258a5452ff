"""On PostgreSQL the marts are DuckDB's, value for value; readers read, and see one build."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pyodbc
import pytest

from conftest import PROJECT, Built, alter, copy_project, need
from servers.postgres import Relation, publish
from test_analyses import resolved

pytestmark = pytest.mark.integration

Connection = psycopg2.extensions.connection
TYPES = {"VARCHAR": "text", "INTEGER": "integer", "BIGINT": "bigint", "BOOLEAN": "boolean"}
TYPES |= {"DATE": "date"}
DRIVER = "PostgreSQL Unicode"
BUILDER = "warehouse_builder"


@dataclass(frozen=True)
class Server:
    """A private server on this machine, with passwords of its own."""

    port: int
    passwords: dict[str, str] = field(
        default_factory=lambda: {
            user: secrets.token_hex(16) for user in ("admin", BUILDER, "analyst", "stranger")
        }
    )

    def environment(self, user: str = BUILDER, database: str = "warehouse") -> dict[str, str]:
        """The environment of a command that connects as a user."""
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": database}
        return os.environ | server | {"PGUSER": user, "PGPASSWORD": self.passwords[user]}

    def connect(self, user: str, database: str = "warehouse") -> Connection:
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=self.passwords[user],
            dbname=database,
        )

    def run(self, statement: str, user: str = "admin", database: str = "warehouse") -> None:
        """Run a statement that may write, outside a transaction."""
        with closing(self.connect(user, database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("set default_transaction_read_only = off")
                cursor.execute(statement)

    def set_up(self, database: str) -> None:
        """Prepare a database as the documentation says."""
        script = PROJECT / "scripts" / "servers" / "postgres_setup.sql"
        command = ["psql", "-q", "-f", script, "-v", f"database={database}"]
        subprocess.run(command, env=self.environment("admin", "postgres"), check=True)


def as_server_user(*command: str | Path) -> list[str | Path]:
    """PostgreSQL refuses to run as root; the server ends with the process that started it."""
    dropped = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["setpriv", "--pdeathsig=QUIT", *(dropped if os.getuid() == 0 else []), *command]


@contextmanager
def started_server(binaries: Path, folder: Path, port: int) -> Iterator[Server]:
    server = Server(port)
    data, password = folder / "data", folder / "password"
    password.write_text(server.passwords["admin"])
    if os.getuid() == 0:
        for path in (folder, password):
            shutil.chown(path, "postgres", "postgres")
    # The language's order of text is not the one the warehouse needs: its database has its own.
    initdb = ["--auth=scram-sha-256", "--username=admin", f"--pwfile={password}", "--no-sync"]
    initdb += ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
    subprocess.run(
        as_server_user(binaries / "initdb", "-D", data, *initdb),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
    settings += ["fsync=off", "full_page_writes=off"]
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            as_server_user(binaries / "postgres", "-D", data, *options), stderr=log
        )
    try:
        wait_until_ready(server, process, folder / "log")
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=60)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            server.connect("admin", "postgres").close()
            return
        except psycopg2.OperationalError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the database `warehouse`, a builder and a reader, as documented."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    need(found, "PostgreSQL (Debian: postgresql)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as folder,
        started_server(found[-1].parent, Path(folder), port) as server,
    ):
        server.set_up("warehouse")
        server.run(f"alter role warehouse_builder password '{server.passwords[BUILDER]}'")
        for user in ("analyst", "stranger"):
            server.run(f"create role {user} login password '{server.passwords[user]}'")
        server.run("grant warehouse_reader to analyst")
        yield server


def run_publish(
    project: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/cli.py", "postgres", *options],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def said_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    return line


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


@pytest.fixture(scope="module")
def duck(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        yield connection


def fetch(connection: Connection, query: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return cursor.fetchall()


def exactly(rows: list[tuple]) -> Counter[tuple[str, ...]]:
    """Rows as a multiset in which 1, 1.0, True and Decimal('1.00') differ."""
    return Counter(tuple(repr(value) for value in row) for row in rows)


def postgres_type(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL"):
        return duckdb_type.replace("DECIMAL", "numeric")
    return TYPES[duckdb_type]


def tables(connection: Connection) -> list[tuple[str, str]]:
    """Schema and name of everything in the database that is not the server's own."""
    return fetch(
        connection,
        "select nspname, relname from pg_class join pg_namespace n on relnamespace = n.oid"
        " where relkind in ('r', 'v', 'm', 'p', 'f') and nspname not in"
        " ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2",
    )


def relations_of(duck: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return duck.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('marts', 'raw', 'reference') order by all"
    ).fetchall()


# The same warehouse


def test_what_is_published_is_what_readers_may_read(
    analyst: Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    names = relations_of(duck)
    assert len(names) > 40
    assert tables(analyst) == names


def test_every_value_and_type_is_duckdbs(
    analyst: Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    row_count = 0
    for schema, table in relations_of(duck):
        described = duck.execute(f"describe {schema}.{table}").fetchall()
        columns = fetch(
            analyst,
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 order by attnum",
            f"{schema}.{table}",
        )
        assert columns == [(name, postgres_type(kind)) for name, kind, *_ in described], table
        rows = duck.execute(f"from {schema}.{table}").fetchall()
        assert exactly(fetch(analyst, f"select * from {schema}.{table}")) == exactly(rows), table
        row_count += len(rows)
    assert row_count > 500


def test_comments_are_duckdbs(analyst: Connection, duck: duckdb.DuckDBPyConnection) -> None:
    for schema, table in relations_of(duck):
        expected = duck.execute(
            "select null, comment from duckdb_tables() where (schema_name, table_name) = ($1, $2)"
            " union all"
            " select null, comment from duckdb_views() where (schema_name, view_name) = ($1, $2)"
            " union all"
            " select column_name, comment from duckdb_columns()"
            " where (schema_name, table_name) = ($1, $2)",
            [schema, table],
        ).fetchall()
        comments = fetch(
            analyst,
            "select null, obj_description(%s::regclass) union all"
            " select attname, col_description(attrelid, attnum) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0",
            *[f"{schema}.{table}"] * 2,
        )
        assert sorted(comments, key=str) == sorted(expected, key=str), table
        if schema == "marts":
            assert all(comment for _, comment in comments), table


def test_the_same_seeds_models_and_tests_have_passed(built: Built, published: Path) -> None:
    def statuses(path: Path) -> dict[str, str]:
        results = json.loads(path.read_bytes())["results"]
        return {result["unique_id"]: result["status"] for result in results}

    target = published / "build" / "work" / "postgres"
    on_postgres = statuses(target / "run_results.json")
    assert on_postgres == statuses(built.run_results)
    assert set(on_postgres.values()) == {"success", "pass"}
    assert sum(status == "pass" for status in on_postgres.values()) > 150


def test_worked_questions_have_the_same_answers(
    analyst: Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    paths = sorted((PROJECT / "analyses").glob("*.sql"))
    assert len(paths) == 10
    for path in paths:
        query = resolved(path.read_text(encoding="utf-8"))
        rows = duck.execute(query).fetchall()
        assert rows, path.name
        assert exactly(fetch(analyst, query.replace("%", "%%"))) == exactly(rows), path.name


def test_no_password_is_left_in_a_file(server: Server, published: Path) -> None:
    files = [path for path in published.rglob("*") if path.is_file()]
    assert any(path.name == "manifest.json" for path in files)
    for path in files:
        assert server.passwords[BUILDER].encode() not in path.read_bytes(), path


# Readers

REFUSED = [
    "insert into marts.dim_rules values ('a', 'b', 'c')",
    "update marts.fct_observations set obs_value = 0",
    "delete from reference.reports",
    "truncate marts.dim_rules",
    "drop table marts.dim_rules",
    "alter table marts.dim_rules add column a integer",
    "comment on table marts.dim_rules is 'a'",
    "create index on marts.dim_rules (rule_id)",
    "select * from marts.dim_rules for update",
    "begin; lock table marts.dim_rules in access exclusive mode",
    "begin; lock table marts.dim_rules in row exclusive mode",
    "comment on schema warehouse_build is 'mine'",
    "create table marts.mine (a integer)",
    "create table public.mine (a integer)",
    "create table warehouse_build.mine (a integer)",
    "create temporary table mine (a integer)",
    "create view marts.mine as select 1 as a",
    "create schema mine",
    "create function marts.mine() returns integer language sql as 'select 1'",
    "create extension pg_trgm",
    "create role mine",
    "alter role warehouse_builder password 'mine'",
    "grant warehouse_builder to analyst",
    "set role warehouse_builder",
    "alter role warehouse_reader set statement_timeout = 1",
    "alter database warehouse set statement_timeout = 1",
    "alter system set statement_timeout = 1",
    "do $$ begin delete from marts.dim_rules; end $$",
    "copy marts.dim_rules from '/dev/null'",
    "copy marts.dim_rules to '/tmp/mine'",
    "copy (select 1) to '/tmp/mine'",
    "copy (select 1) to program 'cat'",
    "copy marts.dim_rules from program 'true'",
    "select pg_read_file('/etc/hostname')",
    "select pg_read_binary_file('postgresql.conf')",
    "select pg_ls_dir('/')",
    "select pg_stat_file('/etc/hostname')",
    "select pg_ls_logdir()",
    "select lo_import('/etc/hostname')",
    "select lo_export(1, '/tmp/mine')",
    "select lo_create(0)",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'a')",
    "select pg_reload_conf()",
    "select * from pg_authid",
    "select * from pg_largeobject",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_reader_is_refused(analyst: Connection, statement: str) -> None:
    # The default that any session can change is off: what refuses is the lack of rights.
    fetch(analyst, "set default_transaction_read_only = off; select 1")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        fetch(analyst, statement)
    assert fetch(analyst, "rollback; select count(*) > 0 from marts.dim_rules") == [(True,)]


def test_sessions_of_readers_are_read_only_by_default(
    analyst: Connection,
) -> None:
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        fetch(analyst, "delete from marts.dim_rules")


def test_others_cannot_connect(server: Server, published: Path) -> None:
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


# A tool that speaks ODBC


@pytest.fixture
def odbc(server: Server, published: Path) -> Iterator[pyodbc.Connection]:
    need(DRIVER in pyodbc.drivers(), "the ODBC driver of PostgreSQL (Debian: odbc-postgresql)")
    parts = {
        "Driver": "{" + DRIVER + "}",
        "Server": "127.0.0.1",
        "Port": server.port,
        "Database": "warehouse",
        "UID": "analyst",
        "PWD": server.passwords["analyst"],
        "BoolsAsChar": 0,
    }
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    with closing(pyodbc.connect(text, autocommit=True)) as connection:
        yield connection


def test_odbc_lists_tables_and_columns(
    odbc: pyodbc.Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    listed = odbc.cursor().tables(tableType="TABLE,VIEW").fetchall()
    names = [(row.table_schem, row.table_name, row.table_type) for row in listed]
    assert sorted(names) == [(*name, "TABLE") for name in relations_of(duck)]
    columns = odbc.cursor().columns(schema="marts", table="fct_observations").fetchall()
    assert [(row.column_name,) for row in columns] == duck.execute(
        "select column_name from (describe marts.fct_observations)"
    ).fetchall()
    kinds = {row.column_name: (row.type_name, row.decimal_digits) for row in columns}
    assert kinds["obs_value"] == ("numeric", 4)
    assert kinds["fiscal_year"][0] == "int4"
    assert kinds["is_preferred"][0] == "bool"


def test_odbc_reads_descriptions_as_documented(
    odbc: pyodbc.Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    page = (PROJECT / "docs" / "postgres.md").read_text(encoding="utf-8")
    [query] = re.findall(r"^    select.*?pg_description.*?\n\n", page, re.DOTALL | re.MULTILINE)
    rows = [tuple(row) for row in odbc.execute(query).fetchall()]
    expected = duck.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where schema_name = 'marts' and comment is not null"
    ).fetchall()
    assert len(expected) > 200
    assert set(expected) <= set(rows)


def test_odbc_reads_every_mart_as_it_is(
    odbc: pyodbc.Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    for schema, table in relations_of(duck):
        rows = odbc.execute(f"select * from {schema}.{table}").fetchall()
        expected = duck.execute(f"from {schema}.{table}").fetchall()
        assert exactly([tuple(row) for row in rows]) == exactly(expected), table


# Published whole or not at all


def contents(connection: Connection) -> dict[tuple[str, str], object]:
    return {
        (schema, name): exactly(fetch(connection, f"select * from {schema}.{name}"))
        for schema, name in tables(connection)
        if not schema.startswith("warehouse_build_")
    }


def test_failed_build_is_named_and_nothing_is_published(
    server: Server, published: Path, analyst: Connection
) -> None:
    before = contents(analyst)
    assert len(before) > 40
    path = published / "seeds" / "reference" / "known_discrepancies.csv"
    declared = path.read_text(encoding="utf-8")
    path.write_text(declared.splitlines(keepends=True)[0], encoding="utf-8")
    done = run_publish(published, server.environment())
    path.write_text(declared, encoding="utf-8")
    assert done.returncode == 1
    assert "what is published is as it was" in done.stderr
    assert "Gender" in done.stderr and "11 of 512" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(analyst) == before
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        fetch(analyst, "select * from warehouse_build_marts.dim_reports")


def test_readers_see_one_build_through_a_rebuild(server: Server, published: Path) -> None:
    reference = published / "seeds" / "reference" / "reports.csv"
    alter(reference, "Production Offenses", "Offenses of Production")
    in_seed, in_mart = "select title from reference.reports", "select title from marts.dim_reports"
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
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "create schema warehouse_build_marts;"
                "create table warehouse_build_marts.a as select 1 as one;"
                "create view warehouse_build_marts.b as select 2 as two"
            )
            publish(cursor, SMALL)
        yield connection
    server.run("drop database small with (force)", database="postgres")


def test_publication_that_fails_half_way_changes_nothing(
    small: Connection,
) -> None:
    with small, small.cursor() as cursor:
        cursor.execute("update warehouse_build_marts.a set one = 10")
    lacking = Relation("lacking", "warehouse_build_marts", "marts")
    with pytest.raises(psycopg2.errors.UndefinedTable), small, small.cursor() as cursor:
        publish(cursor, [*SMALL, lacking])
    assert fetch(small, "select * from marts.a, marts.b") == [(1, 2)]
    with small, small.cursor() as cursor:
        publish(cursor, SMALL)
    assert fetch(small, "select * from marts.a, marts.b") == [(10, 2)]


def test_table_with_other_columns_is_replaced_once_its_readers_are_gone(
    server: Server, small: Connection
) -> None:
    with small, small.cursor() as cursor:
        cursor.execute("alter table warehouse_build_marts.a add column three integer")
    with closing(server.connect("analyst", "small")) as reader:
        assert fetch(reader, "select * from marts.a") == [(1,)]
        with pytest.raises(psycopg2.errors.LockNotAvailable), small, small.cursor() as cursor:
            cursor.execute("set local lock_timeout = '100ms'")
            publish(cursor, SMALL)
        assert fetch(reader, "select * from marts.a") == [(1,)]
    with small, small.cursor() as cursor:
        publish(cursor, SMALL)
    with closing(server.connect("analyst", "small")) as reader:
        assert fetch(reader, "select * from marts.a") == [(1, None)]


def test_table_that_is_no_longer_built_is_gone(server: Server, small: Connection) -> None:
    with small, small.cursor() as cursor:
        publish(cursor, SMALL[:1])
    with closing(server.connect("analyst", "small")) as reader:
        assert fetch(reader, "select * from marts.a") == [(1,)]
        with pytest.raises(psycopg2.errors.UndefinedTable):
            fetch(reader, "select * from marts.b")


# What a user can do wrong


def test_second_build_gives_up_with_one_line(server: Server, published: Path) -> None:
    with closing(server.connect(BUILDER)) as first:
        fetch(first, "comment on schema warehouse_build is 'Locked.'; select 1")
        done = run_publish(published, server.environment(), "--wait", "0")
    assert said_in_one_line(done).startswith("postgres: another build is still writing")


def test_connection_that_is_not_named_is_asked_for() -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PG")}
    line = said_in_one_line(run_publish(PROJECT, environment))
    assert line.startswith("postgres: set PGDATABASE and PGUSER:")


def test_wrong_option_is_one_line() -> None:
    line = said_in_one_line(run_publish(PROJECT, dict(os.environ), "--wait", "-1"))
    assert line.startswith("postgres: Invalid value for '--wait': -1.0 is not in the range")


def test_wrong_password_is_one_line_without_it(server: Server) -> None:
    environment = server.environment() | {"PGPASSWORD": "not-the-one"}
    line = said_in_one_line(run_publish(PROJECT, environment))
    assert line.startswith("postgres: cannot connect: ")
    assert "password authentication failed" in line
    assert "not-the-one" not in line


@pytest.mark.parametrize(
    ("user", "database", "said"),
    [
        ("admin", "postgres", "the database postgres is not set up for the warehouse:"),
        ("admin", "warehouse", "admin only reads in the database warehouse:"),
        (BUILDER, "english", "the database english sorts text by a language's rules"),
    ],
)
def test_unfit_database_is_refused(server: Server, user: str, database: str, said: str) -> None:
    if database == "english":
        server.run("create database english", database="postgres")
        server.set_up("english")
    line = said_in_one_line(run_publish(PROJECT, server.environment(user, database)))
    assert line.startswith(f"postgres: {said}")

"""Build the warehouse on a PostgreSQL server, test it there, and publish all of it or nothing.

dbt builds into schemas that readers cannot see. Only when every test has passed do the published
tables get the new rows, in one transaction. The tables themselves stay, so a query, and a
transaction with one snapshot, sees the rows of one build; the reasons are in
docs/decisions/0009-postgresql.md.
"""

from __future__ import annotations

import io
import logging
import os
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.errors
from psycopg2 import sql

from bounds.propose import propose
from publish.build import check_seeds
from warehouse.dbt import check_results, count_tests, run_dbt
from warehouse.project import PROJECT, UserError
from warehouse.sheets import descriptions, raw_tables, text_columns, write_rows

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

logger = logging.getLogger("postgres")

BUILT_RAW = "warehouse_build_raw"
READER = "warehouse_reader"
SETUP = "an administrator runs scripts/servers/postgres_setup.sql once"

# What lets the role %(reader)s write, or reach the server's files, in this database.
READER_CAN_WRITE = """
select 'has attributes of an administrator' as wrong
from pg_roles
where
    rolname = %(reader)s
    and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
union all
select 'is a member of ' || rolname
from pg_roles
where rolname <> %(reader)s and pg_has_role(%(reader)s, oid, 'member')
union all
select 'has the right ' || privilege || ' in the database'
from unnest(array['create', 'temporary']) as privilege
where has_database_privilege(%(reader)s, current_database(), privilege)
union all
select 'can create in the schema ' || nspname
from pg_namespace
where has_schema_privilege(%(reader)s, oid, 'create')
union all
select 'can write to ' || cast(oid as regclass)
from pg_class
where
    relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    and relkind in ('r', 'p', 'v', 'f')
    and (
        has_table_privilege(%(reader)s, oid, 'insert, update, delete, truncate, trigger')
        or has_any_column_privilege(%(reader)s, oid, 'insert, update, references')
    )
union all
select 'can call ' || cast(oid as regprocedure)
from pg_proc
where
    pronamespace = 'pg_catalog'::regnamespace
    and proname in (
        'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_export',
        'pg_read_file', 'pg_read_binary_file', 'pg_ls_dir'
    )
    and has_function_privilege(%(reader)s, oid, 'execute')
"""

COLUMNS = """
select attname, format_type(atttypid, atttypmod)
from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
order by attnum
"""

# Statements that give the relation %(to)s the comments of the relation %(of)s.
COMMENTS = """
select
    format('comment on table %%s is %%L', %(to)s, obj_description(oid, 'pg_class')) as statement
from pg_class
where oid = to_regclass(%(of)s)
union all
select format(
    'comment on column %%s.%%I is %%L', %(to)s, attname, col_description(attrelid, attnum)
)
from pg_attribute
where attrelid = to_regclass(%(of)s) and attnum > 0 and not attisdropped
"""

PUBLISHED = """
select nspname, relname
from pg_class
inner join pg_namespace on relnamespace = pg_namespace.oid
where
    relkind = 'r'
    and pg_get_userbyid(nspowner) = current_user
    and has_schema_privilege(%s, pg_namespace.oid, 'usage')
"""


@dataclass(frozen=True)
class Relation:
    """A table or view that a build made; it is published as a table in `schema`."""

    name: str
    built_in: str
    schema: str


def build_and_publish(*, unit_tests: bool = False, wait: float = 60) -> list[str]:
    """Build, test and publish on the server that the environment names; return the summary.

    It waits for another build, and for readers of a table that has to be replaced.

    Raises:
        UserError: the server cannot be reached, is not set up, or somebody does not end.
        BuildFailedError: a seed file, a model or a test fails.

    """
    started = time.monotonic()
    check_seeds()
    try:
        with closing(_connect()) as connection, connection.cursor() as cursor:
            _check_server(cursor)
            # In the same hands as a build on this machine: DuckDB makes the constraints.
            work = PROJECT / ".work" / "bounds"
            work.mkdir(parents=True, exist_ok=True)
            propose(work / "warehouse.duckdb", work / "target")
            # Held to the end of this transaction, which is the one that publishes.
            _lock(cursor, wait)
            _prepare_schemas(wait)
            logger.info("building the warehouse on PostgreSQL with dbt")
            target_path = PROJECT / ".work" / "postgres"
            results = run_dbt("postgres", target_path, unit_tests=unit_tests)
            check_results(results, _connect)
            cursor.execute("; ".join(descriptions(target_path / "manifest.json")))
            relations = _readable_relations(results)
            publish(cursor, relations)
            _drop_built_schemas(cursor)
            connection.commit()
    except psycopg2.errors.LockNotAvailable as error:
        raise UserError(
            f"somebody still has a table open that has to be replaced or dropped after {wait:g} s:"
            " nothing was published"
        ) from error
    except psycopg2.Error as error:
        raise UserError(f"the server says: {' '.join(str(error).split())}") from error
    schemas = Counter(relation.schema for relation in relations)
    tables = ", ".join(f"{count} tables in {schema}" for schema, count in sorted(schemas.items()))
    return [
        f"{count_tests(results)} tests passed",
        f"published  {tables}",
        f"readers    members of the role {READER}",
        f"took       {time.monotonic() - started:.1f} s",
    ]


def _connect() -> Connection:
    """Connect as libpq's environment variables say, as profiles.yml does."""
    missing = [name for name in ("PGDATABASE", "PGUSER") if not os.environ.get(name)]
    if missing:
        raise UserError(f"set {' and '.join(missing)}: docs/postgres.md says how to connect")
    try:
        return psycopg2.connect(application_name="sentencing_warehouse")
    except psycopg2.OperationalError as error:
        raise UserError(f"cannot connect: {' '.join(str(error).split())}") from error


def _check_server(cursor: Cursor) -> None:
    """Refuse a database that is not set up, or where readers could do more than read."""
    cursor.execute("select current_user, current_database(), to_regrole(%s) is not null", [READER])
    user, database, has_reader = cursor.fetchone()
    cursor.execute("select to_regnamespace('warehouse_build') is not null")
    if not has_reader or cursor.fetchone() != (True,):
        raise UserError(f"the database {database} is not set up for the warehouse: {SETUP}")
    cursor.execute("show transaction_read_only")
    if cursor.fetchone() != ("off",):
        raise UserError(f"{user} only reads in the database {database}: build as another user")
    cursor.execute("select 'B' < 'a' and '_' < 'a' and '.' < '0'")
    if cursor.fetchone() != (True,):
        raise UserError(
            f"the database {database} sorts text by a language's rules and not by code point,"
            f" so that results could differ from DuckDB's: {SETUP}, for a new database"
        )
    _check_reader(cursor)


def _check_reader(cursor: Cursor) -> None:
    cursor.execute(READER_CAN_WRITE, {"reader": READER})
    wrongs = [wrong for (wrong,) in cursor.fetchall()]
    if wrongs:
        more = f" (and {len(wrongs) - 3} more)" if len(wrongs) > 3 else ""
        raise UserError(f"the role {READER} {', '.join(wrongs[:3])}{more}: {SETUP}")


def _lock(cursor: Cursor, wait: float) -> None:
    cursor.execute("set local idle_in_transaction_session_timeout = 0")
    _set_lock_timeout(cursor, wait)
    try:
        # A comment on a schema locks it to the end of the transaction, and only its owner can
        # write one: readers could take an advisory lock and hold up every build.
        cursor.execute("comment on schema warehouse_build is 'Locked by the build at work.'")
    except psycopg2.errors.LockNotAvailable as error:
        raise UserError(
            f"another build is still writing to the database after {wait:g} s: wait for it"
        ) from error


def _set_lock_timeout(cursor: Cursor, wait: float) -> None:
    # To PostgreSQL 0 means to wait for ever.
    cursor.execute("select set_config('lock_timeout', %s, true)", [f"{max(1, int(1000 * wait))}ms"])


def _prepare_schemas(wait: float) -> None:
    """Bring the schemas that a build works in into the state that dbt starts from: raw alone."""
    with closing(_connect()) as connection, connection, connection.cursor() as cursor:
        _set_lock_timeout(cursor, wait)
        _drop_built_schemas(cursor)
        cursor.execute(f"create schema {BUILT_RAW}")
        for name, (columns, rows) in raw_tables(PROJECT).items():
            cursor.execute(f"create table {BUILT_RAW}.{name} {text_columns(columns)}")
            file = io.StringIO()
            write_rows(file, columns, rows)
            file.seek(0)
            cursor.copy_expert(f"copy {BUILT_RAW}.{name} from stdin (format csv, header)", file)


def _drop_built_schemas(cursor: Cursor) -> None:
    """Remove what a build made apart from the published tables."""
    cursor.execute(
        "select nspname from pg_namespace"
        " where starts_with(nspname, 'warehouse_build_')"
        " and pg_get_userbyid(nspowner) = current_user"
    )
    for (schema,) in cursor.fetchall():
        cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))


def _readable_relations(results: Iterable[Any]) -> list[Relation]:
    """Return the raw tables and the relations that dbt_project.yml grants to readers."""
    relations = [Relation(name, BUILT_RAW, "raw") for name in raw_tables(PROJECT)]
    for node in (result.node for result in results):
        is_built = node.resource_type in ("model", "seed")
        if is_built and READER in node.config.grants.get("select", []):
            relations.append(Relation(node.alias, node.schema, node.config.schema))
    return relations


def publish(cursor: Cursor, relations: list[Relation]) -> None:
    """Give the published tables the rows of the built relations, in the transaction at hand.

    A table stays and its rows are replaced, unless its columns change: then the table is replaced,
    which waits for its readers.

    Raises:
        UserError: the readers could write.
        psycopg2.Error: a statement fails; the transaction can only be rolled back.

    """
    for schema in {relation.schema for relation in relations}:
        name = sql.Identifier(schema).as_string(cursor)
        cursor.execute(f"create schema if not exists {name}")
        cursor.execute(f"grant usage on schema {name} to {READER}")
    cursor.execute(PUBLISHED, [READER])
    kept = {(relation.schema, relation.name) for relation in relations}
    for names in set(cursor.fetchall()) - kept:
        cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(*names)))
    for relation in relations:
        built = sql.Identifier(relation.built_in, relation.name).as_string(cursor)
        published = sql.Identifier(relation.schema, relation.name).as_string(cursor)
        _publish_rows(cursor, built, published)
    _check_reader(cursor)


def _publish_rows(cursor: Cursor, built: str, published: str) -> None:
    if _columns(cursor, built) == _columns(cursor, published):
        cursor.execute(f"delete from {published}")
    else:
        cursor.execute(f"drop table if exists {published}")
        cursor.execute(f"create table {published} (like {built})")
    cursor.execute(f"grant select on {published} to {READER}")
    cursor.execute(f"insert into {published} select * from {built}")
    cursor.execute(COMMENTS, {"of": built, "to": published})
    cursor.execute("; ".join(statement for (statement,) in cursor.fetchall()))
    cursor.execute(f"analyze {published}")


def _columns(cursor: Cursor, relation: str) -> list[tuple[str, str]]:
    """Return names and types of a relation's columns; none if there is no such relation."""
    cursor.execute(COLUMNS, [relation])
    return list(cursor.fetchall())

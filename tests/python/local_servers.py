"""Servers on this machine: a private PostgreSQL server, and the command that publishes on it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from conftest import PROJECT, need, run_cli

BUILDER, READER = "warehouse_builder", "warehouse_reader"


def free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def listens_beyond_this_machine(port: int) -> bool:
    """Say whether a server listens on all addresses, as it then does on all of 127.0.0.0/8."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.2", port)) == 0


def wait_for(server: subprocess.Popen[Any], log: Path, is_ready: Callable[[], object]) -> None:
    """Wait until a server is ready; where it ends or takes minutes, show its log."""
    until = time.monotonic() + 240
    while not is_ready():
        assert server.poll() is None and time.monotonic() < until, log.read_text()
        time.sleep(0.1)


@dataclass(frozen=True)
class Server:
    """A private server on this machine, with passwords of its own."""

    port: int
    passwords: dict[str, str]

    def environment(self, user: str = BUILDER, database: str = "warehouse") -> dict[str, str]:
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": database}
        return os.environ | server | {"PGUSER": user, "PGPASSWORD": self.passwords[user]}

    def connect(self, user: str, database: str = "warehouse") -> Connection:
        password = self.passwords[user]
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname=database
        )

    def answers(self) -> bool:
        with suppress(psycopg2.OperationalError), closing(self.connect("admin", "postgres")):
            return True
        return False

    def run(self, statement: str, database: str = "warehouse") -> None:
        """Run a statement of the administrator, outside a transaction."""
        with closing(self.connect("admin", database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("set default_transaction_read_only = off")
                cursor.execute(statement)

    def set_up(self, database: str) -> None:
        """Prepare a database as the documentation says."""
        script = PROJECT / "scripts" / "servers" / "postgres_setup.sql"
        command = ["psql", "-q", "-f", str(script), "-v", f"database={database}"]
        subprocess.run(command, env=self.environment("admin", "postgres"), check=True)


@contextmanager
def started_server(folder: Path) -> Iterator[Server]:
    """A server with the database `warehouse`, a builder and a reader, as documented."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    need(found, "PostgreSQL (Debian: postgresql)")
    users = ("admin", BUILDER, "analyst", "stranger")
    server = Server(free_port(), {user: secrets.token_hex(16) for user in users})
    data, password = folder / "data", folder / "password"
    password.write_text(server.passwords["admin"])
    # PostgreSQL refuses to run as root; the server ends with the process that started it.
    as_server_user: list[str | Path] = ["setpriv", "--pdeathsig=QUIT"]
    if os.getuid() == 0:
        as_server_user += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        for path in (folder, password):
            shutil.chown(path, "postgres", "postgres")
    # The language's order of text is not the one the warehouse needs: its database has its own.
    initdb = ["--auth=scram-sha-256", "--username=admin", f"--pwfile={password}", "--no-sync"]
    initdb += ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
    command = [*as_server_user, found[-1].with_name("initdb"), "-D", data, *initdb]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    command = [*as_server_user, found[-1], "-D", data, f"--port={server.port}", "-F"]
    command += ["--listen_addresses=127.0.0.1", "--unix_socket_directories="]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        wait_for(process, folder / "log", server.answers)
        server.set_up("warehouse")
        server.run(f"alter role {BUILDER} password '{server.passwords[BUILDER]}'")
        for user in ("analyst", "stranger"):
            server.run(f"create role {user} login password '{server.passwords[user]}'")
        server.run(f"grant {READER} to analyst")
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=60)


def run_publish(
    project: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    return run_cli("postgres", *options, project=project, env=environment)


def said_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    return line


def fetch(connection: Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall())

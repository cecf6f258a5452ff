"""Start Apache Superset on the warehouse: datasets and dashboards that follow from it, read-only.

Runs in the environment `.venv-superset`. The assets are written and imported at each start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import duckdb
import yaml

from servers.dashboards import SPECIFICATION, Asset, write_assets
from warehouse.database import connect_read_only
from warehouse.manifest import check_build_id, read_marts
from warehouse.project import UserError

if TYPE_CHECKING:
    from flask import Flask

ADMIN = "admin"
DASHBOARD = "/superset/dashboard/sentencing-warehouse/"
BOOT_SECONDS = 300  # gunicorn ends a worker that has not started by then


def start(warehouse: Path, home: Path, port: int, *, reset_password: bool) -> None:
    """Serve Superset on 127.0.0.1 until a signal ends the process; does not return.

    The manifest stands beside the warehouse; `home` is the folder of Superset's own data.

    Raises:
        UserError: the warehouse cannot be read, the folder not written, or the port is taken.

    """
    home = home.absolute()
    # Not resolved: a release replaces what the path leads to.
    warehouse = warehouse.absolute()
    assets = _read_assets(warehouse)
    _check_port(port)
    _prepare_home(home)
    os.environ.update(
        SUPERSET_HOME=str(home),
        SUPERSET_WAREHOUSE=str(warehouse),
        SUPERSET_CONFIG_PATH=str(SPECIFICATION.with_name("superset_config.py")),
    )
    os.umask(0o077)
    click.echo("starting Superset; the first start in a folder takes about half a minute")
    _serve(assets, home, port, reset_password=reset_password)


def _prepare_home(home: Path) -> None:
    """Make the folder that Superset keeps its own data in, readable by its owner alone."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            key = os.open(home / "secret_key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(key, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
    except OSError as error:
        raise UserError(f"cannot write to {home}: {error.strerror or error}") from error


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise UserError(f"cannot listen on port {port}: name another") from error


def _read_assets(warehouse: Path) -> dict[str, Asset]:
    if not warehouse.exists():
        raise UserError(f"there is no {warehouse}: run make release first, or name another file")
    warehouse = warehouse.resolve()  # both files of one release
    manifest = warehouse.with_name("manifest.json")
    with connect_read_only(warehouse) as connection:
        if not manifest.is_file():
            raise UserError(f"there is no {manifest}, which describes the warehouse: build it anew")
        check_build_id(connection, manifest)
        try:
            return write_assets(read_marts(manifest), connection)
        except (KeyError, duckdb.CatalogException, duckdb.BinderException) as error:
            reason = str(error).partition("\n")[0]
            advice = f"build it anew, or correct {SPECIFICATION.name}"
            raise UserError(f"{warehouse} cannot be shown: {reason}: {advice}") from error


def _load(assets: dict[str, Asset], *, reset_password: bool) -> tuple[Flask, str | None]:
    """Bring Superset's own database up to date and import the assets.

    Returns the application, and the administrator's password if it is new.
    """
    # Superset reads its settings when it is imported.
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        import flask_migrate
        import superset
        from superset import appbuilder, security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.utils.core import override_user

        flask_migrate.upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        password = _admin_password(security_manager, reset=reset_password)
        with override_user(security_manager.find_user(ADMIN)):
            texts = {path: yaml.safe_dump(asset) for path, asset in assets.items()}
            ImportAssetsCommand(texts).run()
    return app, password


def _admin_password(security_manager: Any, *, reset: bool) -> str | None:
    """Add the administrator if there is none; give a new password, or None if the old one holds."""
    user = security_manager.find_user(ADMIN)
    if user is not None and not reset:
        return None
    password = secrets.token_urlsafe(18)
    if user is None:
        name, email = ("Warehouse", "Administrator"), "admin@localhost"
        role = security_manager.find_role("Admin")
        security_manager.add_user(ADMIN, *name, email, role, password=password)
    else:
        security_manager.reset_password(user.id, password)
    return password


def _serve(assets: dict[str, Asset], home: Path, port: int, *, reset_password: bool) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
        def load_config(self) -> None:
            settings = {"bind": f"127.0.0.1:{port}", "workers": 1, "worker_class": "gthread"}
            settings |= {"threads": 8, "timeout": BOOT_SECONDS, "graceful_timeout": 10}
            settings |= {"control_socket_disable": True, "umask": 0o077, "loglevel": "warning"}
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            # In the worker: DuckDB's threads would not survive a fork.
            log = (home / "superset.log").open("a", encoding="utf-8", buffering=1)
            logging.basicConfig(format="%(asctime)s %(message)s", stream=log, force=True)
            with contextlib.redirect_stdout(log):
                app, password = _load(assets, reset_password=reset_password)
            lines = [f"Superset    http://127.0.0.1:{port}{DASHBOARD}", f"user        {ADMIN}"]
            lines += [f"password    {password}    (shown this once)"] if password else []
            click.echo("\n".join(lines))
            return app

    Server().run()

"""Start Apache Superset on the warehouse: datasets and dashboard from bi/superset/, read-only.

Runs in the environment `.venv-superset` and serves this machine alone. What Superset itself keeps
(users, queries, what people make in it) is in one folder; the assets of the repository are imported
at each start, with the descriptions of tables and columns from the manifest beside the warehouse.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from warehouse.database import connect_read_only
from warehouse.manifest import Mart, read_marts
from warehouse.project import PROJECT, UserError

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger("superset")

ASSETS = PROJECT / "bi" / "superset"
ADMIN = "admin"
DASHBOARD = "/superset/dashboard/sentencing-warehouse/"
BOOT_SECONDS = 300  # gunicorn ends a worker that has not started by then


# Assets


def read_assets(marts: Mapping[str, Mart], folder: Path = ASSETS) -> dict[str, str]:
    """Read the assets, with the columns of each dataset as its mart describes them.

    A dataset's file has what no mart knows: metrics, and the names that charts show. Measures
    (decimal and bigint columns) are not offered for grouping.

    Args:
        marts: the marts of a manifest, by name.
        folder: the assets, in Superset's own format.

    Returns:
        The assets as Superset imports them: path below `folder` -> YAML.

    Raises:
        UserError: a dataset is of no mart, or gives a name to a column that its mart lacks.

    """
    assets = {}
    for path in sorted(folder.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "datasets":
            text = yaml.safe_dump(_described(yaml.safe_load(text), marts))
        assets[path.relative_to(folder).as_posix()] = text
    return assets


def _described(dataset: dict[str, Any], marts: Mapping[str, Mart]) -> dict[str, Any]:
    name = dataset["table_name"]
    if name not in marts:
        raise UserError(f"the warehouse has no {name}, of which there is a dataset: build it anew")
    mart = marts[name]
    own = {column["column_name"]: column for column in dataset["columns"]}
    unknown = own.keys() - {column.name for column in mart.columns}
    if unknown:
        raise UserError(
            f"{name} of the warehouse has no {', '.join(sorted(unknown))}: build it anew"
        )
    columns = [
        {
            "column_name": column.name,
            "type": column.data_type.replace("string", "varchar").upper(),
            "description": column.description,
            "groupby": not column.data_type.startswith(("decimal", "bigint")),
            "filterable": True,
            "is_dttm": False,
            **own.get(column.name, {}),
        }
        for column in mart.columns
    ]
    return {**dataset, "description": mart.description, "columns": columns}


# Superset


def load_superset(assets: dict[str, str], *, reset_password: bool) -> tuple[Flask, str | None]:
    """Bring Superset's own database up to date and import the assets.

    The environment says where: SUPERSET_HOME, SUPERSET_WAREHOUSE and SUPERSET_CONFIG_PATH.

    Returns:
        The application, and the administrator's password if it is new.

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
            ImportAssetsCommand(assets).run()
    return app, password


def _admin_password(security_manager: Any, *, reset: bool) -> str | None:
    """Add the administrator if there is none; give a new password, or None if the old one holds."""
    user = security_manager.find_user(ADMIN)
    if user is not None and not reset:
        return None
    password = secrets.token_urlsafe(18)
    if user is None:
        security_manager.add_user(
            ADMIN,
            "Warehouse",
            "Administrator",
            "admin@localhost",
            security_manager.find_role("Admin"),
            password=password,
        )
    else:
        security_manager.reset_password(user.id, password)
    return password


def serve(assets: dict[str, str], home: Path, port: int, *, reset_password: bool) -> None:
    """Serve Superset on 127.0.0.1 until a signal ends the process; does not return."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings = {
                "bind": f"127.0.0.1:{port}",
                "workers": 1,
                "worker_class": "gthread",
                "threads": 8,
                "timeout": BOOT_SECONDS,
                "graceful_timeout": 10,
                "control_socket_disable": True,
                "umask": 0o077,
                "loglevel": "warning",
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            # In the worker: DuckDB's threads would not survive a fork.
            log = (home / "superset.log").open("a", encoding="utf-8", buffering=1)
            logging.basicConfig(format="%(asctime)s %(message)s", stream=log, force=True)
            with contextlib.redirect_stdout(log):
                app, password = load_superset(assets, reset_password=reset_password)
            lines = [f"Superset    http://127.0.0.1:{port}{DASHBOARD}", f"user        {ADMIN}"]
            if password is not None:
                lines.append(f"password    {password}    (shown this once)")
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
            return app

    Server().run()


# Command line


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


def _read_assets_of(warehouse: Path) -> dict[str, str]:
    if not warehouse.exists():
        raise UserError(f"there is no {warehouse}: run make release first, or name another file")
    connect_read_only(warehouse).close()
    manifest = warehouse.resolve().with_name("manifest.json")
    if not manifest.is_file():
        raise UserError(f"there is no {manifest}, which describes the warehouse: build it anew")
    return read_assets({mart.name: mart for mart in read_marts(manifest)})


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 2: bad input."""
    parser = argparse.ArgumentParser(prog="superset", description=__doc__.splitlines()[0])
    parser.add_argument("--warehouse", type=Path, required=True, help="file to show")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--home",
        type=Path,
        default=PROJECT / ".work" / "superset",
        help="folder of Superset's own data (default .work/superset)",
    )
    parser.add_argument(
        "--reset-password", action="store_true", help="give the administrator a new password"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    home = options.home.absolute()
    # Not resolved: a release replaces what the path leads to.
    warehouse = options.warehouse.absolute()
    try:
        assets = _read_assets_of(warehouse)
        _check_port(options.port)
        _prepare_home(home)
    except UserError as error:
        logger.error("superset: %s", error)
        return 2
    os.environ.update(
        SUPERSET_HOME=str(home),
        SUPERSET_WAREHOUSE=str(warehouse),
        SUPERSET_CONFIG_PATH=str(ASSETS / "superset_config.py"),
    )
    os.umask(0o077)
    sys.stdout.write("starting Superset; the first start in a folder takes about half a minute\n")
    sys.stdout.flush()
    serve(assets, home, options.port, reset_password=options.reset_password)
    return 0

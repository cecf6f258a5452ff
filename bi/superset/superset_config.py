"""Settings of Apache Superset: one database, the warehouse, that no query can write or leave.

scripts/servers/superset.py sets the two environment variables and starts Superset with this file.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duckdb_engine import ConnectionWrapper
from flask_babel import lazy_gettext
from sqlalchemy.pool import NullPool
from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSecurityException

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from warehouse.database import connect_read_only

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

HOME = Path(os.environ["SUPERSET_HOME"])
WAREHOUSE = Path(os.environ["SUPERSET_WAREHOUSE"])

# What the database is called in the assets. It is no path: which file it stands for, and how that
# is opened, is decided here alone, whatever an administrator enters in a form.
WAREHOUSE_URI = "duckdb:///sentencing_warehouse"

SECRET_KEY = (HOME / "secret_key").read_text(encoding="ascii")
# Two more keys, which Superset publishes the defaults of; what they protect is switched off.
GUEST_TOKEN_JWT_SECRET = SECRET_KEY
GLOBAL_ASYNC_QUERIES_JWT_SECRET = SECRET_KEY
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}?check_same_thread=false"


def _open_warehouse() -> ConnectionWrapper:
    # The real path: of each release its own, so that a release is seen at the next query. DuckDB
    # gives a path that another connection of the process still has open from memory.
    connection = connect_read_only(WAREHOUSE.resolve(), sandbox=True)
    connection.execute("set search_path = 'marts'")
    return ConnectionWrapper(connection)


def DB_CONNECTION_MUTATOR(
    uri: URL, params: dict[str, Any], *_: object
) -> tuple[URL, dict[str, Any]]:
    """Open the warehouse, read-only and without access to files, and no other database.

    Superset calls this before every connection, also to try one that is about to be added.
    """
    if uri.render_as_string() != WAREHOUSE_URI:
        kind = SupersetErrorType.DATABASE_SECURITY_ACCESS_ERROR
        message = lazy_gettext("This Superset opens the sentencing warehouse only.")
        raise SupersetSecurityException(SupersetError(message, kind, ErrorLevel.ERROR))
    return uri, {"creator": _open_warehouse, "poolclass": NullPool}


# Results are never kept: a query shows the release of the moment, and the data is small.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

# No request leaves the machine, neither from the server (imports of data by address) nor from the
# browser (the pixel that counts installations, fonts, maps): only Superset itself is a source.
DATASET_IMPORT_ALLOWED_DATA_URLS: list[str] = []
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
    "session_cookie_samesite": "Strict",
}
ENABLE_CORS = False
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []

# Logging in is needed for everything; forms are guarded against requests from other sites.
PUBLIC_ROLE_LIKE = None
AUTH_USER_REGISTRATION = False
WTF_CSRF_ENABLED = True

APP_NAME = "Sentencing Warehouse"
LOG_LEVEL = logging.WARNING
ALEMBIC_SKIP_LOG_CONFIG = True

# Okabe and Ito's colours, told apart by colour-blind readers, without the pale ones.
_COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"]
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {"id": "okabeIto", "label": "Okabe and Ito", "description": "", "isDefault": True}
    | {"colors": _COLORS}
]

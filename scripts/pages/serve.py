"""Show the report pages on this machine."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from warehouse.project import UserError

HOST = "127.0.0.1"  # this machine alone


def server(site: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the files of a site, which listens already.

    Raises:
        UserError: there is no site, or the port cannot be had.

    """
    if not (site / "index.html").is_file():
        raise UserError(f"there is no site in {site}: run make site first")
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except (OSError, OverflowError) as error:
        raise UserError(
            f"cannot listen on port {port} ({error}): name another with PORT=<number>"
        ) from error

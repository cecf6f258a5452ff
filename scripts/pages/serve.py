"""Show the report pages on this machine: http://127.0.0.1:8000 until interrupted."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from warehouse.project import PROJECT, UserError

log = logging.getLogger("serve_site")

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 after an error of the user."""
    logging.basicConfig(level=logging.INFO, format="serve_site: %(message)s")
    parser = argparse.ArgumentParser(prog="serve_site", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--site", type=Path, default=PROJECT / "build" / "site", help="default: build/site"
    )
    parser.add_argument("--port", type=int, default=8000, help="default: 8000; 0 takes a free one")
    options = parser.parse_args(arguments)
    try:
        with server(options.site, options.port) as listening:
            log.info("http://%s:%d (end it with Ctrl+C)", HOST, listening.server_port)
            listening.serve_forever()
    except UserError as error:
        log.error("%s", error)
        return 2
    except KeyboardInterrupt:
        pass
    return 0

"""The command line: `python scripts/cli.py COMMAND [OPTIONS]`."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "build": "publish.build",
    "release": "publish.release",
    "postgres": "publish.postgres",
    "superset": "publish.superset",
    "export": "export.marts",
    "site": "pages.site",
    "serve": "pages.serve",
    "images": "pages.images",
    "screenshots": "pages.screenshots",
    "scaffold": "warehouse.scaffold",
    "verify-source": "verification.source",
    "mutate": "verification.mutate",
    "bench": "bench",
}


def main() -> int:
    """Run a command; its exit status is returned."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.stderr.write(f"commands: {', '.join(COMMANDS)}\n")
        return 2
    return int(import_module(COMMANDS[sys.argv[1]]).main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())

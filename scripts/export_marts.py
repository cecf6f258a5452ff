"""Export the marts of a warehouse: `python scripts/export_marts.py [OPTIONS]`."""

import sys

from cli import run
from export.commands import export

if __name__ == "__main__":
    sys.exit(run(export, sys.argv[1:], "export_marts"))

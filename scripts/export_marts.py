"""Export the marts of a warehouse: `python scripts/export_marts.py [OPTIONS]`."""

import sys

from export.marts import main

if __name__ == "__main__":
    sys.exit(main())

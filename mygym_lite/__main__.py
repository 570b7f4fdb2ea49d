"""The command line, run as ``python -m mygym_lite``."""

import sys

from mygym_lite.cli import main

if __name__ == "__main__":
    sys.exit(main())

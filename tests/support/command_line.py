"""The command line in a process of its own."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "mygym_lite"]


def make_environment(**variables):
    """Return this process's environment variables with the package importable from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}

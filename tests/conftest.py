"""How tests run: side by side, so that one thread of mathematics for each is most."""

import os
import sys

import pytest
from engines import ENGINES, require_engine

os.environ.setdefault("OMP_NUM_THREADS", "1")

from mygym_lite.cli import main  # libraries read the number of threads when they are loaded


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command in this process: exit code, standard output, standard error."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["mygym-lite", *map(str, words)])
        capfd.readouterr()
        code = main()
        return code, *capfd.readouterr()

    return command


@pytest.fixture(params=ENGINES)
def engine(request):
    """Name of a physics engine; skips the test if it is not installed."""
    return require_engine(request.param)

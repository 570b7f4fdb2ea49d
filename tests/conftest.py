"""How tests run: side by side, so that one thread of mathematics for each is most."""

import os
import sys

import pytest

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

"""Fixtures of the tests of evaluations: the policy module of a user, and a finished run."""

import sys

import pytest
from short_evaluations import SUITE, SUITE_FILE, evaluate

USER_MODULE = '''
import os, signal, time
import numpy as np

calls = 0

def zero(observation):
    return np.zeros(8)

def raises(observation):
    raise KeyError("elbow")

def nan(observation):
    return np.full(8, np.nan)

def too_long(observation):
    return np.zeros(9)

def too_far(observation):
    return np.full(8, 1.5)

def hangs(observation):
    while True:
        pass

def hangs_for_good(observation):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # as if in compiled code
    while True:
        pass

def dies(observation):
    os.kill(os.getpid(), signal.SIGSEGV)

def signals_parent(observation):
    """Send SIGNAL to the parent process at the call number CALLS."""
    global calls
    calls += 1
    if calls == int(os.environ.get("CALLS", "0")):
        os.kill(os.getppid(), getattr(signal, os.environ["SIGNAL"]))
    return np.zeros(8)
'''


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    """File of a user's module with policies, importable as `mine`, beside a suite; in the working folder."""
    (tmp_path / "mine.py").write_text(USER_MODULE, encoding="utf-8")
    (tmp_path / SUITE_FILE).write_text(SUITE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "mine.py"
    sys.modules.pop("mine", None)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """Folder of a finished run by one worker; copy it to change it."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / SUITE_FILE).write_text(SUITE, encoding="utf-8")
    return evaluate(folder / "run", suite=folder / SUITE_FILE, workers=1).folder

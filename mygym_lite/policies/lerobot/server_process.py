"""The process that serves a LeRobot checkpoint, in LeRobot's own environment."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import Any

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.policies.lerobot.checkpoint import LeRobotCheckpoint
from mygym_lite.policies.remote.client import PolicyClient
from mygym_lite.policies.remote.mapping import ConnectionConfig

_SCRIPT = Path(__file__).with_name("server.py")
_ANSWER = re.compile(rb'{"port": (\d+)}')
_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)")
_ACT_SECONDS = 3600.0  # the time limit of an action ends earlier
_MAX_LENGTH = 200  # characters of a message of LeRobot
_OWN_PACKAGES = ("msgpack", "websockets")
_RUNNING: weakref.WeakValueDictionary[tuple[int, str, str], LeRobotServer] = weakref.WeakValueDictionary()


class LeRobotServer:
    """Running server of a checkpoint; it stops when this object or this process ends.

    Args:
        checkpoint: Checkpoint to serve.
        python: Interpreter of the environment in which LeRobot is installed.
    """

    def __init__(self, checkpoint: LeRobotCheckpoint, python: str) -> None:
        self._checkpoint, self._python = checkpoint, python
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = self._start()
        weakref.finalize(self, _stop, self._process)
        url = f"ws://127.0.0.1:{self._read_port()}"
        self.client = PolicyClient(url, ConnectionConfig(act_seconds=_ACT_SECONDS))
        """The only connection, since the server acts in one episode at a time."""

    def _start(self) -> subprocess.Popen[bytes]:
        # the folder of the script is kept off the path, where its modules would hide those of others
        command = [self._python, "-P", str(_SCRIPT), str(self._checkpoint.folder)]
        offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._errors, env=offline)
        except OSError as error:
            raise UsageError(
                f"python {self._python}: cannot be run ({error.strerror}); name an interpreter with --python"
            ) from error

    def _read_port(self) -> int:
        """Read the port, which libraries may precede with messages of their own."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if answer := _ANSWER.fullmatch(line.strip()):
                return int(answer[1])
        self._process.wait()
        raise ConfigError(f"policy {self._checkpoint.name}: {self._explain_end()}")

    def _explain_end(self) -> str:
        """Return the reason why the process ended, and the remedy."""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        last = lines[-1] if lines else f"exit code {self._process.returncode}"
        missing = _MISSING.match(last)
        if missing and missing[1] in _OWN_PACKAGES:
            return f"{missing[1]} is not installed there: {self._python} -m pip install {' '.join(_OWN_PACKAGES)}"
        if missing:
            return (
                f"LeRobot 0.6 or later is not installed for {self._python} (no {missing[1]}); name the interpreter of "
                "its environment with --python"
            )
        return f"LeRobot cannot load it ({last:.{_MAX_LENGTH}}); try lerobot-eval with it"


def get_server(checkpoint: LeRobotCheckpoint, python: str) -> LeRobotServer:
    """Return the server of a checkpoint in this process, started on first use; its policies share it."""
    key = (os.getpid(), str(checkpoint.folder.resolve()), python)
    server = _RUNNING.get(key) or LeRobotServer(checkpoint, python)
    _RUNNING[key] = server
    return server


def _stop(process: subprocess.Popen[Any]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.kill()
    process.wait()

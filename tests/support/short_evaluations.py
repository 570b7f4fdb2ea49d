"""Evaluations of a few short episodes: from Python, from the command line, and what they record."""

import json
from pathlib import Path

from command_line import COMMAND

import mygym_lite as mg
from mygym_lite.harness.run_folder import EPISODES

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.05")  # ten actions
TASKS = ("reach", "grasp")
POLICIES = ("expert", "random")
SUITE_FILE = "two.toml"
SUITE = """
schema = 1
name   = "two"
about  = "Two axes, to have some conditions."
severities = [1, 3]

[[select]]
suite = "sim2real"
axes  = ["action_noise", "object_size"]
"""


def evaluate(out, policies=POLICIES, tasks=TASKS, suite=SUITE_FILE, episodes=2, **more):
    """Evaluate some policies on short episodes."""
    return mg.evaluate(list(policies), list(tasks), suite, episodes, out=out, settings=SHORT, **more)


def make_evaluate_command(out: str | Path, policy: str = "mine:zero", episodes: int = 6) -> list[str]:
    """Return the command line of an evaluation on grasp by one worker: five conditions, of ``episodes`` each."""
    settings = [word for setting in SHORT for word in ("--set", setting)]
    return [
        *COMMAND, "evaluate", "grasp", "--policy", policy, "--suite", SUITE_FILE, "--episodes", str(episodes),
        "--workers", "1", "--clips", "0", "--out", str(out), *settings,
    ]  # fmt: skip


def read_sorted_records(folder: Path) -> list[str]:
    """Read the records of a run without their wall times, sorted."""
    lines = [json.loads(line) for line in (folder / EPISODES).read_text(encoding="utf-8").splitlines()]
    return sorted(json.dumps({key: value for key, value in line.items() if key != "wall"}) for line in lines)

"""Evaluations over several physics engines: the same records with any number of workers, and after an interruption."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from short_evaluations import evaluate, read_sorted_records

from mygym_lite.harness.run_folder import EPISODES

pytest.importorskip("mujoco")

SUITE = """
schema = 1
name   = "engines"
about  = "The other engine, alone and with heavier objects."
severities = [1, 3]

[axes.mujoco]
group   = "engine"
about   = "The other engine."
changes = { "physics.engine" = { value = ["mujoco", "mujoco"] } }

[axes.heavy]
group   = "engine"
about   = "Heavier objects in the other engine."
changes = { "physics.engine" = { value = ["mujoco", "mujoco"] }, "objects.target.mass" = { scale = [2.0, 3.0] } }
"""


def evaluate_engines(folder: Path, workers: int, episodes: int = 3) -> Path:
    suite = folder.parent / "engines.toml"
    suite.write_text(SUITE, encoding="utf-8")
    return Path(evaluate(folder, ("expert",), ("grasp",), suite, episodes, workers=workers).folder)


def test_records_depend_neither_on_workers_nor_on_interruptions(tmp_path: Path) -> None:
    whole = read_sorted_records(evaluate_engines(tmp_path / "one", 1))
    assert read_sorted_records(evaluate_engines(tmp_path / "two", 2)) == whole
    shutil.copytree(tmp_path / "one", tmp_path / "cut")
    episodes = tmp_path / "cut" / EPISODES
    episodes.write_bytes(episodes.read_bytes()[: episodes.stat().st_size // 2])
    assert read_sorted_records(evaluate_engines(tmp_path / "cut", 2)) == whole
    conditions = {json.loads(line)["axis"] for line in whole}
    assert {"mujoco", "heavy"} <= conditions

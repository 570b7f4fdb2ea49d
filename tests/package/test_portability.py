"""The same numbers on every Python, PyBullet and processor that is supported."""

import tomllib
from pathlib import Path

import pytest
from lowest_versions import lowest_versions

from mygym_lite.harness.known_episode import PHYSICS_DIGEST, compute_expert_digest, compute_physics_digest
from mygym_lite.summation import sum_in_order

ROOT = Path(__file__).resolve().parents[2]


def test_an_episode_without_linear_algebra_is_the_same_everywhere():
    assert compute_physics_digest() == PHYSICS_DIGEST


def test_the_experts_episode_is_the_same_every_time():
    assert compute_expert_digest() == compute_expert_digest()


def test_sums_are_not_compensated():
    assert sum_in_order([0.1] * 10) == 0.9999999999999999  # the built-in gives 1.0 from Python 3.12 on


def test_the_lowest_versions_are_those_of_the_project_file():
    project = {
        "dependencies": ["numpy>=2.0,<3", "pybullet>=3.2.7; python_version < '3.12'"],
        "optional-dependencies": {"ray": ["ray>=2.40"], "dev": ["ruff>=0.9"]},
    }
    assert list(lowest_versions(project)) == ["numpy==2.0", "pybullet==3.2.7; python_version < '3.12'", "ray==2.40"]


def test_a_dependency_without_lower_bound_is_refused():
    with pytest.raises(SystemExit, match="'numpy' has no lower bound"):
        list(lowest_versions({"dependencies": ["numpy"], "optional-dependencies": {}}))


def test_every_dependency_has_a_lower_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = {line.partition("==")[0] for line in lowest_versions(project)}
    assert lowest >= {"numpy", "torch", "opencv-python-headless"}

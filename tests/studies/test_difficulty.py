"""Difficulty of tasks, measured with a panel of policies, and of the axes of a suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mygym_lite as mg
from mygym_lite.errors import UsageError
from mygym_lite.studies.difficulty.drops import compute_drops, format_drops
from mygym_lite.studies.difficulty.policy_names import MIN_SUCCESS
from mygym_lite.studies.difficulty.study import DifficultySettings

SUITE = """
schema = 1
name   = "two"
about  = "Weak actions, and light."
severities = [1, 5]

[axes.weak]
group   = "actuation"
about   = "Actions have less effect."
changes = { "actuation.gain" = { value = [1.0, 0.0] } }

[axes.dark]
group   = "visual"
about   = "All light is weaker."
changes = { "light.intensity" = { scale = [0.9, 0.5] } }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("difficulty")
    (folder / "two.toml").write_text(SUITE, encoding="utf-8")
    settings = DifficultySettings(4, 2, str(folder / "two.toml"), 2, (1, 5))
    mg.study_difficulty(["reach"], folder / "results", folder / "runs", settings, workers=1)
    return folder


def test_the_panel_is_measured_nominally_and_along_the_axes(folder: Path) -> None:
    result = json.loads((folder / "results" / "reach.json").read_text(encoding="utf-8"))
    policies = result["policies"]
    assert list(policies) == ["expert", "zero", "random", "bc", "bc_randomized"]
    assert policies["expert"]["nominal"]["successes"] == 2
    assert policies["zero"]["nominal"]["successes"] == 0
    assert "robustness" in policies["expert"]
    for name in ("bc", "bc_randomized"):
        assert ("robustness" in policies[name]) == (policies[name]["nominal"]["success"]["value"] >= MIN_SUCCESS)
    assert not any("robustness" in policies[name] for name in ("zero", "random"))
    axes = policies["expert"]["robustness"]["axes"]
    assert axes["weak"]["success_by_severity"] == {"1": 1.0, "5": 0.0}
    assert not axes["dark"]["relevant"]


def test_a_result_is_not_measured_twice(folder: Path) -> None:
    settings = DifficultySettings(4, 2, str(folder / "two.toml"), 2, (1, 5))
    counts: list[str] = []
    mg.study_difficulty(
        ["reach"], folder / "results", folder / "runs", settings, progress=lambda *line: counts.append(str(line))
    )
    assert counts == []


def test_tables_of_stored_results(folder: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    stored = ["study", "difficulty", "--out", folder / "results", "--table"]
    code, table, _ = run(*stored)
    assert (code, "| reach | `reach` | 100% (0." in table) == (0, True)
    code, table, _ = run(*stored, "--axes")
    assert (code, "| actuation | `weak` |" in table) == (0, True)


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no shipped task 'reech'.*reach"):
        mg.study_difficulty(["reech"], tmp_path / "results", tmp_path / "runs")


def make_result(task: str, family: str, rates: dict[str, tuple[float, float]], nominal: float = 1.0) -> dict[str, Any]:
    """Return the result of one policy by axis and severity; it always succeeds nominally by default."""
    axes = {
        axis: {"relevant": True, "group": "dynamics", "success_by_severity": {"1": first, "5": last}}
        for axis, (first, last) in rates.items()
    }
    measured = {"nominal": {"success": {"value": nominal}}, "robustness": {"nominal_success": nominal, "axes": axes}}
    return {"task": task, "family": family, "policies": {"bc": measured}}


def test_drops_are_averaged_by_family() -> None:
    axes = compute_drops(
        [
            make_result("push", "push", {"friction": (1.0, 0.4), "mass": (1.0, 0.95), "delay": (0.5, 0.0)}),
            make_result("slide", "push", {"friction": (1.0, 0.8), "mass": (1.0, 1.0), "delay": (1.0, 0.0)}),
            make_result("grasp", "grasp", {"friction": (1.0, 1.0), "mass": (1.0, 0.95), "delay": (1.0, 0.5)}),
        ]
    )
    friction, mass, delay = axes
    assert friction.average_families(5) == pytest.approx({"grasp": 0.0, "push": 0.4})
    assert (friction.is_hard_at_last, mass.is_hard_at_last) == (True, False)
    assert [axis.axis for axis in axes if axis.is_flat] == ["mass"]
    assert delay.harsh_tasks == ["push"]
    table = format_drops(axes)
    assert "| dynamics | `friction` | - | 0 | 40 | - | - | - |" in table
    assert "2 of 3 axes" in table
    assert "1 of 9 pairs" in table
    assert "flat on every task: mass." in table


def test_a_policy_without_success_to_lose_is_left_out() -> None:
    failing = make_result("stack", "place", {"friction": (0.0, 0.0)}, nominal=0.05)
    (friction,) = compute_drops([make_result("push", "push", {"friction": (1.0, 0.4)}), failing])
    assert friction.average_families(5) == pytest.approx({"push": 0.6})

"""Parameters: all are listed with unit and bounds, and those that are new do in the world what they say."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from mygym_lite.cli import main
from mygym_lite.cli.describe import _iterate_leaves
from mygym_lite.config.field_path import check_spelling
from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.rotation import tilt_vector
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import list_tasks
from mygym_lite.randomization.parameters import list_parameters
from mygym_lite.randomization.suite_file import list_suites
from mygym_lite.schema import Location
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

STARRED = ("objects", "regions", "cameras", "pushes", "schedules")


def listed(kind: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    monkeypatch.setattr("sys.argv", ["mygym-lite", "list", kind, "--json"])
    assert main() == 0
    rows: list[dict[str, object]] = json.loads(capfd.readouterr().out)
    return rows


def test_list_parameters(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row["path"]: row for row in listed("parameters", capfd, monkeypatch)}
    assert rows["sensing.latency"] == {
        "path": "sensing.latency", "nominal": 0.0, "unit": "s", "low": 0, "high": 5,
        "about": "age of observations, rounded to control steps",
    }  # fmt: skip
    assert rows["objects.*.mass"]["unit"] == "kg"
    assert rows["cameras.*.orbit"]["nominal"] == 0.0
    assert all(row["about"] for row in rows.values())


def test_list_suites(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row["suite"]: row for row in listed("suites", capfd, monkeypatch)}
    assert (
        set(rows)
        == set(list_suites())
        == {
            *("sim2real", "sim2real_1", "sim2sim", "servo_lag", "combined"),
            *("unseen_objects", "quick", "nominal", "language", "interactions"),
        }
    )
    assert (rows["quick"]["severities"], rows["nominal"]["axes"]) == (3, 0)


@pytest.mark.parametrize("name", list_tasks())
def test_every_value_of_a_task_is_a_parameter(name: str) -> None:
    known = {p.path for p in list_parameters()}
    for path, _ in _iterate_leaves(load_task(name)):
        first, *rest = path.split(".")
        assert ".".join([first, "*", *rest[1:]] if first in STARRED else [first, *rest]) in known


def test_every_parameter_is_a_path_and_lies_within_its_bounds() -> None:
    for parameter in list_parameters():
        check_spelling(parameter.path, Location("test"))
        numbers = np.atleast_1d(parameter.nominal) if isinstance(parameter.nominal, int | float | tuple) else []
        for number in numbers:
            if not isinstance(number, np.bool_):
                assert parameter.low is None or parameter.low <= number <= (parameter.high or math.inf)


# --- in the world


@pytest.mark.parametrize("tilt", [(0.1, 0.0), (0.0, -0.2), (0.05, 0.05)])
def test_tilt_rotates_by_its_length(tilt: tuple[float, float]) -> None:
    for vector in ((0.0, 0.0, -9.81), (0.45, 0.75, 1.1), (1.0, 0.0, 0.0), (0.0, -2.0, 0.0), (3.0, 4.0, 0.0)):
        turned = np.array(tilt_vector(vector, tilt))
        length = np.linalg.norm(vector)
        assert np.linalg.norm(turned) == pytest.approx(length)
        cosine = float(turned @ vector) / length**2
        assert math.acos(min(1.0, cosine)) == pytest.approx(math.hypot(*tilt), abs=1e-7)
        assert tilt_vector(vector, (0.0, 0.0)) is vector


def test_tilted_gravity_pulls_in_the_tilted_direction() -> None:
    """An object in the air falls along it."""
    task = load_task("grasp")
    high = replace(task.objects["target"], position=(0.45, 0.0, 0.4))
    task = replace(task, objects={"target": high}, start={}, physics=replace(task.physics, tilt=(0.0, 0.2)))
    with World() as world:
        start = world.reset(sample(task, (), 0), 0).position("target")
        after = world.step(np.zeros(world.action_size)).position("target")
    fallen = np.array(after) - start
    assert fallen[1] / -fallen[2] == pytest.approx(math.tan(0.2), rel=1e-6)
    assert fallen[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", ["grasp", "reach_avoid"])
def test_nudge_moves_only_the_start(name: str) -> None:
    task = load_task(name)
    [(key, thing)] = task.objects.items()
    nudged = replace(task, objects={key: replace(thing, nudge=(0.01, -0.02))})
    with World() as world:
        before, after = (world.reset(sample(t, (), 0), 0) for t in (task, nudged))
        assert np.array(after.position(key)) - before.position(key) == pytest.approx([0.01, -0.02, 0.0], abs=1e-9)
        assert after.joints == before.joints
        assert compute_initial_position(sample(nudged, (), 0), key) == pytest.approx(after.position(key), abs=1e-9)

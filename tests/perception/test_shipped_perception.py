"""The trained perception that is shipped: small enough, and good enough to act on."""

from statistics import median

import pytest

import mygym_lite as mg
from mygym_lite.experts.expert import Expert
from mygym_lite.perception.metadata import find_estimator, list_estimators
from mygym_lite.weights import WEIGHTS

SEED = 50_000
TASKS = {
    "reach": ("reach", "reach_moving", "reach_avoid"),
    "grasp": ("grasp", "grasp_any", "grasp_clutter", "grasp_hold"),
    "tabletop": ("grasp_any", "stack", "pick_place"),
}
NEAR = 0.01  # m


def test_all_weights_together_are_small():
    assert set(list_estimators()) == set(TASKS)
    assert sum((find_estimator(name) / WEIGHTS).stat().st_size for name in list_estimators()) <= 4e6


@pytest.mark.parametrize("name", TASKS)
def test_weights_record_how_they_were_trained(name):
    made = mg.PoseEstimator.load(find_estimator(name)).metadata.provenance
    assert made["command"].startswith("mygym-lite train perception --data")
    assert all(data["command"].startswith("mygym-lite dataset") for data in made["data"])
    assert made["test"]["recall"] > 0.98


@pytest.mark.parametrize(("name", "task"), [(name, task) for name, tasks in TASKS.items() for task in tasks])
def test_the_expert_succeeds_with_estimated_poses(name, task):
    env = mg.EstimatedPoses(mg.make(task), mg.PoseEstimator.load(find_estimator(name)))
    expert, over, errors = Expert.from_env(env.unwrapped), False, []
    env.reset(seed=SEED)
    expert.reset(SEED)
    while not over:
        _, _, terminated, truncated, info = env.step(expert.act())
        over = terminated or truncated
        errors += [seen["error"] for seen in info["perception"].values() if seen["confidence"] > 0.0]
    env.close()
    assert info["success"]
    assert median(errors) < NEAR

"""The tasks inside vla-eval, where it is installed: the same episodes as in the harness of this project."""

import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.errors import UsageError

api = pytest.importorskip("vla_eval.api", reason="vla-eval is not installed")

from vla_eval.model_servers.predict import PredictModelServer  # noqa: E402

from mygym_lite.interop.vla_eval import MyGymBenchmark  # noqa: E402
from mygym_lite.policies.policy import FunctionPolicy  # noqa: E402
from mygym_lite.randomization.suite_file import load_suite  # noqa: E402

PARAMETERS = {
    "tasks": ["reach"], "size": [64, 48], "state": ["goal", "proprio"],
    "suite": "sim2real", "axes": ["nominal", "action_delay"], "severity": 2, "seed": 7,
}  # fmt: skip


def follow(state):
    """Move towards the goal, whose offset from the hand the state begins with."""
    return np.concatenate([np.clip(10.0 * state[:3], -1.0, 1.0), [0.0]]).astype(np.float32)


class Server(PredictModelServer):
    def get_action_spec(self):
        return {}

    def get_observation_spec(self):
        return {}

    def predict(self, obs, ctx):
        assert obs["images"]["front"].shape == (48, 64, 3)
        assert obs["task_description"]
        return {"actions": follow(obs["states"])}


def test_episodes_are_those_of_our_own_harness(tmp_path):
    entry = {
        "benchmark": "mygym_lite.interop.vla_eval:MyGymBenchmark", "episodes_per_task": 3,
        "params": PARAMETERS | {"cameras": ["front"]},
    }  # fmt: skip
    with api.serve_background(Server()) as server:
        [result] = api.run(
            {"benchmarks": [entry]}, server_url=server.url, output_dir=tmp_path, no_save=True, docker=False
        )
    theirs = {
        (task["task"], episode["episode_id"]): (episode["metrics"]["success"], episode["steps"])
        for task in result["tasks"]
        for episode in task["episodes"]
    }
    task = mg.load_task("reach")
    known = {(c.axis, c.severity): c for c in load_suite("sim2real").build_conditions(task)}
    names = {("nominal", 0): "reach", ("action_delay", 2): "reach, action_delay 2"}
    expected = {}
    for key, name in names.items():
        for number in range(3):
            spec = mg.EpisodeSpec(task, 7 + number, condition=known[key])
            record = mg.run_episode(spec, FunctionPolicy(lambda seen: follow(seen["goal"])), mg.make("reach"))
            expected[name, number] = record.success, record.steps
    assert theirs == expected


def test_the_interface_is_declared():
    benchmark = MyGymBenchmark(tasks=["reach", "grasp"])
    assert [task["name"] for task in benchmark.get_tasks()] == ["reach", "grasp"]
    assert benchmark.get_action_spec()["actions"].dims == 4
    assert benchmark.get_observation_spec()["state"].dims == 27
    assert benchmark.get_metadata()["max_steps"] >= 100
    assert not benchmark.get_hold_action(None)["actions"].any()
    benchmark.cleanup()


def test_unknown_axes_are_named():
    with pytest.raises(UsageError, match="no 'action_dely' at severity 3; did you mean 'action_delay'"):
        MyGymBenchmark(tasks=["reach"], suite="sim2real", axes=["action_dely"])

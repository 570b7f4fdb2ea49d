"""Policies of this process say what they observe, pictures too: the same in every command, process and call."""

import json
import sys
from contextlib import closing

import numpy as np
import pytest
import torch
from servers import running

import mygym_lite as mg
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.remote.server import open_server

SHORT = ["episode.seconds=0.3", "episode.hold_seconds=0.05"]
OWN = """
import numpy as np

def act(seen):
    assert list(seen) == ["proprio", "head_rgb"] and seen["head_rgb"].shape == (12, 16, 3)
    return seen["head_rgb"][:2, 0, :2].ravel() / 255.0 - seen["proprio"][0]

act.observe, act.cameras, act.size = ["proprio", "rgb"], ["head"], (16, 12)

class Looking:
    observe = ["rgb", "depth"]
    cameras = ["wrist", "front"]
    def reset(self, seed): pass
    def act(self, seen):
        assert set(seen) == {"wrist_rgb", "wrist_depth", "front_rgb", "front_depth"}
        return np.full(4, seen["front_depth"].mean() / 10.0)

class Busy:
    size = 4  # of something else
    def reset(self, seed): pass
    def observe(self, seen): return seen["goal"]
    def act(self, seen): return np.clip([*self.observe(seen), 0.0], -1.0, 1.0)

def mapped(message):
    assert set(message) == {"images", "joints", "prompt"} and message["images"]["top"].shape == (10, 20, 3)
    return np.full((3, 4), message["images"]["top"].mean() / 500.0 + message["joints"][0] / 10.0)

def chosen(seen):
    assert list(seen) == ["goal", "front_rgb"]
    return np.zeros(4)
"""
MAPPING = """
schema = 1
prompt = "reach"
[observation]
images.top = { camera = "front", size = [20, 10] }
joints = "proprio[0:7]"
[action]
steps = 2
scale = [0.5, 1.0, 1.0, 1.0]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with policies of somebody's own, as `eyes`, and a mapping."""
    (tmp_path / "eyes.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("eyes", None)


def run_episodes(policy, **how):
    return mg.run("reach", policy, episodes=2, settings=SHORT, **how)


def bright(seen):
    return np.full(4, seen["side_rgb"].mean() / 500.0)


bright.observe, bright.cameras, bright.size = ["rgb"], ["side"], (8, 8)


# in every command


def test_image_policies_are_evaluated_and_replayed(folder):
    policies = ["eyes:act", "eyes:Looking", bright]
    result = mg.evaluate(policies, "reach", episodes=2, settings=SHORT, workers=1, out=folder / "run")
    assert {record.failure for record in result.records}.isdisjoint({"policy_error", None})
    for name in ("eyes:act", "eyes:Looking"):
        here, there = run_episodes(name), [record for record in result.records if record.policy == name]
        assert [record.reward for record in here] == [record.reward for record in there]
        assert mg.replay(result.run, there[1], allow_code=True).identical
    theirs = next(record for record in result.records if record.policy == "bright")
    assert mg.replay(result.run, theirs, policy=bright).identical
    card = RunFolder.open(folder / "run").manifest["policies"]["eyes:act"]
    assert card["request"] == {"observe": ["proprio", "rgb"], "cameras": ["head"], "size": [16, 12]}


def test_image_policies_are_watched_recorded_and_served(folder, run):
    settings = [word for setting in SHORT for word in ("--set", setting)]
    code, printed, _ = run("watch", "reach", "--policy", "eyes:act", "--episodes", 1, *settings)
    assert (code, "eyes:act on reach: 0 of 1 solved" in printed) == (0, True)
    demonstrations = mg.record("reach", "eyes:act", 1, settings=SHORT, workers=1)
    assert set(demonstrations[0].observations) == {"proprio", "head_rgb"}
    served = find_policy("eyes:act")
    with closing(TaskEnv("reach", **served.get_env_arguments())) as env:
        seen, _ = env.reset(seed=0)
        with running(open_server(served, env, port=0)) as url:
            there = find_policy(url)
            assert there.get_env_arguments() == served.get_env_arguments()
            policy = there.make(env)
            policy.reset(0)
            assert policy.act(seen) == pytest.approx(served.make(env).act(seen))


def test_run_episode_builds_the_environment_of_the_policy():
    spec = mg.EpisodeSpec(mg.load_task("reach"), seed=3)
    assert mg.run_episode(spec, "eyes:act").failure not in ("policy_error", None)


def test_observations_are_given_by_arguments_of_run_and_evaluate():
    def look(seen):
        assert list(seen) == ["goal", "front_rgb"]
        return bright({"side_rgb": seen["front_rgb"]})

    how = {"observe": ["goal", "rgb"], "size": (10, 10)}  # the first camera, where none is named
    assert {record.failure for record in run_episodes(look, **how)}.isdisjoint({"policy_error", None})
    result = mg.evaluate(look, "reach", episodes=1, settings=SHORT, workers=1, **how)
    assert all(record.failure != "policy_error" for record in result.records)
    assert mg.replay(result.run, 0, policy=look).identical


def test_a_loaded_pixel_policy_observes_its_images():
    policy = mg.load_policy("reach_pixels")
    assert find_policy(policy).get_env_arguments() == find_policy("reach_pixels").get_env_arguments()
    assert [record.reward for record in run_episodes(policy)] == [
        record.reward for record in run_episodes("reach_pixels")
    ]


def test_unrelated_attributes_of_the_same_names_are_ignored():
    assert find_policy("eyes:Busy").get_env_arguments() == {}
    assert {record.failure for record in run_episodes("eyes:Busy")}.isdisjoint({"policy_error"})


def test_observed_cameras_and_light_affect_a_policy():
    task = mg.load_task("reach")
    seeing, blind = (
        ObservedFields.for_policy(find_policy("eyes:act"), task),
        ObservedFields.for_policy(find_policy("eyes:Busy"), task),
    )
    assert seeing.is_affected_by("cameras.head.fov")
    assert seeing.is_affected_by("light.ambient")
    assert not seeing.is_affected_by("cameras.wrist.fov")
    assert not blind.is_affected_by("light.ambient")
    first = next(iter(task.cameras))
    assert (
        ObservedFields.for_policy(find_policy(lambda seen: None, request=find_policy("eyes:act").request), task)
        == ObservedFields()
    )
    bright_by_first = find_policy(bright, request=type(find_policy(bright).request)(("rgb",)))
    assert ObservedFields.for_policy(bright_by_first, task).is_affected_by(f"cameras.{first}.fov")


def test_image_size_changes_the_digest():
    import eyes

    before = find_policy("eyes:act").describe()
    eyes.act.size = (32, 24)
    after = find_policy("eyes:act").describe()
    assert before["digest"] != after["digest"]
    assert after["request"]["size"] == [32, 24]


# mappings


def test_a_mapping_applies_to_local_functions(folder, run):
    result = mg.evaluate(
        ["eyes:mapped", "expert"], "reach", episodes=2, settings=SHORT, workers=1, remote_mapping="mapping.toml"
    )
    records = [record for record in result.records if record.policy == "eyes:mapped"]
    assert all(record.failure not in ("policy_error", None) for record in records)
    assert [record.reward for record in run_episodes("eyes:mapped", remote_mapping="mapping.toml")] == [
        r.reward for r in records
    ]
    words = ["watch", "reach", "--policy", "eyes:mapped", "--episodes", 1, "--remote-mapping", "mapping.toml"]
    assert run(*words)[0] == 0
    (folder / "mapping.toml").unlink()
    assert mg.replay(result.run, records[1], allow_code=True).identical


def test_an_action_chunk_is_discarded_at_the_end_of_an_episode():
    asked = []

    def chunks(message):
        asked.append(message["prompt"])
        return np.full((3, 4), 0.1 * len(asked))

    with closing(TaskEnv("reach", **find_policy(chunks, remote_mapping="mapping.toml").get_env_arguments())) as env:
        policy = find_policy(chunks, remote_mapping="mapping.toml").make(env)
        seen, _ = env.reset(seed=0)
        policy.reset(0)
        rows = [policy.act(seen) for _ in range(3)]
        policy.reset(1)
        rows.append(policy.act(seen))
    assert [row[1] for row in rows] == pytest.approx([0.1, 0.1, 0.2, 0.3])
    assert [row[0] for row in rows] == pytest.approx([0.05, 0.05, 0.1, 0.15])
    assert asked == ["reach"] * 3


def test_a_mapping_may_name_observation_groups(folder):
    text = 'schema = 1\nobserve = ["goal", "rgb"]\ncameras = ["front"]\nsize = [9, 7]\n'
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    wanted = {"observe": ["goal", "rgb"], "cameras": ["front"], "size": (9, 7)}
    for name in ("eyes:chosen", "ws://127.0.0.1:9"):
        assert find_policy(name, remote_mapping="ours.toml").get_env_arguments() == wanted
    assert all(record.failure != "policy_error" for record in run_episodes("eyes:chosen", remote_mapping="ours.toml"))


# refused in one line, before anything runs


class Net(torch.nn.Linear):
    """A network, and no policy."""


def without_kinds(seen):
    return [0.0] * 4


without_kinds.observe, without_kinds.cameras = ["proprio"], ["front"]


@pytest.mark.parametrize(
    ("policy", "how", "message"),
    [
        (bright, {"observe": ["propio"]}, "policy bright: observe: no observation group 'propio'; did you mean 'pro"),
        (bright, {"observe": ["rgb"], "cameras": ["haed"]}, "policy bright: cameras: no 'haed' in reach; did you mean"),
        (bright, {"observe": "rgb"}, "evaluate: observe: is 'rgb', not a list of names; write observe = "),
        (bright, {"observe": []}, r"evaluate: observe: is \[\], not a list of names"),
        (bright, {"observe": ["rgb"], "size": 84}, "evaluate: size: is 84, not a width and a height in px"),
        (bright, {"cameras": ["front"]}, "evaluate: cameras: says nothing without observe"),
        (without_kinds, {}, "policy without_kinds: cameras: no kind of image is observed; add 'rgb'"),
        ("expert", {"observe": ["proprio"]}, "policy expert: says itself what it observes; leave observe, cameras"),
        (
            "expert",
            {"remote_mapping": "mapping.toml"},
            "mapping.toml: is for a server, a network or a function, and expert is n",
        ),
        (bright, {"remote_mapping": "maping.toml"}, "maping.toml: no such file .*; did you mean 'mapping.toml'"),
        (Net(30, 4), {}, "policy Net: a torch module takes tensors, .*; wrap it: def act.* act.observe = "),
        (Net, {}, "policy Net: a torch module takes tensors"),
    ],
)
def test_invalid_observation_requests_are_refused_in_one_line(policy, how, message, folder):
    with pytest.raises(MyGymError, match=message) as caught:
        mg.evaluate(policy, "reach", episodes=1, workers=1, out=folder / "run", **how)
    assert "\n" not in str(caught.value)
    assert not (folder / "run").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('observe = ["rgb"]\n[observation]\na = "proprio"\n', "wrong.toml: observation: says what is seen; leave ob"),
        ('cameras = ["front"]\n', "wrong.toml: cameras: says nothing without observe"),
        ('[observation]\na = "propio"\n', "policy eyes:mapped: the mapping wants 'propio', which reach does not show"),
    ],
)
def test_contradictory_mappings_are_refused(folder, text, message):
    (folder / "wrong.toml").write_text("schema = 1\n" + text, encoding="utf-8")
    with pytest.raises(MyGymError, match=message) as caught:
        run_episodes("eyes:mapped", remote_mapping="wrong.toml")
    assert "\n" not in str(caught.value)


def test_an_environment_without_the_images_is_refused():
    with closing(TaskEnv("reach")) as env, pytest.raises(MyGymError, match=r"eyes:act: wants 'head_rgb', which reach"):
        mg.make_policy("eyes:act", env)


def test_a_mapping_applies_to_servers_first():
    mapped = prepare_evaluation(["expert", "eyes:mapped"], ["reach"], remote_mapping="mapping.toml").plan.policies
    assert [policy.remote_mapping is not None for policy in mapped] == [False, True]
    mapped = prepare_evaluation(
        ["eyes:mapped", "far=ws://localhost:1"], ["reach"], remote_mapping="mapping.toml"
    ).plan.policies
    assert [policy.remote_mapping is not None for policy in mapped] == [False, True]


def test_a_run_is_not_resumed_with_another_observation(folder):
    how = {"episodes": 1, "settings": SHORT, "workers": 1, "out": folder / "run"}
    first, again = (mg.evaluate(bright, "reach", **how) for _ in range(2))
    assert again.records == first.records
    before = json.loads((folder / "run" / "manifest.json").read_text())["policies"]["bright"]["request"]
    assert before == {"observe": ["rgb"], "cameras": ["side"], "size": [8, 8]}
    with pytest.raises(MyGymError, match=r"policies.bright.request.size was \[8, 8\], is \[9, 9\]"):
        mg.evaluate(bright, "reach", observe=["rgb"], cameras=["side"], size=(9, 9), **how)

"""Checkpoints of LeRobot as policies; a small package stands for LeRobot itself."""

import sys

import numpy as np
import pytest
from lerobot_stub import write_checkpoint, write_stub

import mygym_lite as mg
from mygym_lite.errors import MyGymError
from mygym_lite.policies.lerobot.checkpoint import LeRobotCheckpoint
from mygym_lite.policies.lerobot.feature_mapping import build_mapping
from mygym_lite.policies.policy_lookup import find_policy

FRONT = {"observation.state": ("STATE", [27]), "observation.images.front": ("VISUAL", [3, 16, 24])}


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Let this interpreter find the small package."""
    write_stub(tmp_path / "stub")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stub"), prepend=":")


@pytest.fixture
def checkpoint(tmp_path):
    return write_checkpoint(tmp_path / "act_reach" / "checkpoints" / "000400" / "pretrained_model")


def test_images_and_state_are_mapped_by_the_names_of_the_features(tmp_path):
    name = write_checkpoint(tmp_path / "act", FRONT | {"observation.goal": ("STATE", [3])})
    mapping = build_mapping(LeRobotCheckpoint.read(name))
    assert mapping.observation == {
        "observation.state": "proprio", "observation.images.front": {"camera": "front", "size": [24, 16]}
    }  # fmt: skip
    assert find_policy(name).get_env_arguments() == {
        "observe": ["proprio", "rgb"], "cameras": ["front"], "size": (24, 16)
    }  # fmt: skip
    assert (mapping.prompt, mapping.action.clip) == ("{instruction}", True)


def test_without_images_the_other_groups_are_joined_as_in_our_datasets(checkpoint):
    push = mg.make("push").unwrapped
    mapping = build_mapping(LeRobotCheckpoint.read(checkpoint), push)
    assert mapping.observation["observation.environment_state"] == ["object", "region", "touch"]


def test_the_label_names_the_training(checkpoint, tmp_path):
    assert find_policy(checkpoint).label == "act_reach"
    assert find_policy(f"mine={checkpoint}").label == "mine"
    assert find_policy(write_checkpoint(tmp_path / "act")).label == "act"


def test_it_acts_as_in_an_episode_of_its_own(stub, checkpoint):
    records = mg.run("reach", checkpoint, episodes=2, seed=5)
    assert [record.success for record in records] == [True, True]
    again = mg.run("reach", checkpoint, episodes=1, seed=6, python=sys.executable)
    assert (again[0].digest, again[0].steps) == (records[1].digest, records[1].steps)


def test_actions_out_of_range_are_clipped_and_images_arrive(stub, tmp_path):
    [record] = mg.run("reach", write_checkpoint(tmp_path / "act", FRONT), episodes=1, settings=["episode.seconds=0.5"])
    assert record.failure != "policy_error", record.message


def test_runs_are_the_same_with_any_number_of_workers_and_in_replay(stub, checkpoint, tmp_path):
    one = mg.evaluate(checkpoint, "reach", episodes=4, workers=1, out=tmp_path / "one")
    two = mg.evaluate(checkpoint, "reach", episodes=4, workers=2, out=tmp_path / "two")
    digests = [[record.digest for record in result.run.read_records()] for result in (one, two)]
    assert sorted(digests[0]) == sorted(digests[1])
    with pytest.raises(MyGymError, match="add --allow-code"):
        mg.replay(one.run, 2)
    assert mg.replay(one.run, 2, allow_code=True).identical


def test_two_tasks_share_a_server(stub, checkpoint):
    policy = find_policy(checkpoint)
    first, second = mg.make("reach").unwrapped, mg.make("reach").unwrapped
    one, two = policy.make(first), policy.make(second)
    for agent, env in ((one, first), (two, second), (one, first)):
        observation, _ = env.reset(seed=1)
        agent.reset(1)
        assert agent.act(observation).shape == (4,)


def test_an_error_ends_the_episode_alone(stub, checkpoint, tmp_path):
    env = mg.make("reach").unwrapped
    policy = find_policy(checkpoint).make(env)
    observation, _ = env.reset(seed=0)
    policy.reset(0)
    with pytest.raises(MyGymError, match="RuntimeError: broke"):
        policy.act(observation | {"proprio": np.full(27, 0.5, np.float32)})
    policy.reset(0)
    assert policy.act(observation).shape == (4,)


def test_a_mapping_file_names_other_observations(stub, tmp_path, write_mapping):
    name = write_checkpoint(tmp_path / "act", {"observation.state": ("STATE", [10])})
    mapping = write_mapping("""
        [observation]
        "observation.state" = ["goal", "proprio[0:7]"]
    """)
    policy = find_policy(name, remote_mapping=mapping)
    assert policy.get_env_arguments() == {}
    assert policy.make(mg.make("reach").unwrapped) is not None
    with pytest.raises(MyGymError, match=r"wants 10 numbers as observation.state, and reach .* shows 27"):
        find_policy(name).make(mg.make("reach").unwrapped)


@pytest.mark.parametrize(
    ("inputs", "action", "task", "message"),
    [
        (None, 4, "push", "wants 27 numbers as observation.state, and push with humanoid_right shows 39; use the task"),
        (None, 6, "reach", "gives 6 numbers as action, and reach .* takes 4; use the task, --robot and --control"),
        ({"observation.image": ("VISUAL", [3, 8, 8])}, 4, "reach", "'observation.image' names no camera; name its"),
        (FRONT | {"observation.environment_state": ("ENV", [3])}, 4, "reach", "beside images; name its observations"),
        (
            {"observation.images.a": ("VISUAL", [3, 8, 8]), "observation.images.b": ("VISUAL", [3, 8, 6])},
            4,
            "reach",
            "images of 2 sizes",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path, inputs, action, task, message):
    name = write_checkpoint(tmp_path / "act", inputs, action)
    with pytest.raises(MyGymError, match=message) as caught:
        find_policy(name).make(mg.make(task).unwrapped)
    assert "\n" not in str(caught.value)


def test_folders_that_are_no_checkpoint_are_refused(checkpoint, tmp_path):
    folder = tmp_path / "act_reach" / "checkpoints" / "000400"
    cases = {
        "lerobot:nothing": "no such folder; name that of a checkpoint",
        f"lerobot:{folder}": f"holds no config.json, .* name lerobot:{folder}/pretrained_model",
        f"lerobot:{tmp_path}": "holds no config.json, so it is not a checkpoint; name its folder",
    }
    for name, message in cases.items():
        with pytest.raises(MyGymError, match=message):
            find_policy(name)
    (folder / "pretrained_model" / "policy_postprocessor.json").unlink()
    with pytest.raises(MyGymError, match=r"holds no policy_postprocessor.json; convert it .*migrate_policy"):
        find_policy(checkpoint)
    (tmp_path / "bad").mkdir()
    for file in ("model.safetensors", "policy_preprocessor.json", "policy_postprocessor.json"):
        (tmp_path / "bad" / file).touch()
    (tmp_path / "bad" / "config.json").write_text('{"type": "act"}')
    with pytest.raises(MyGymError, match=r"its config.json is not LeRobot's \(KeyError: 'input_features'\)"):
        find_policy(f"lerobot:{tmp_path / 'bad'}").make(mg.make("reach").unwrapped)


def test_failures_of_the_server_are_named(stub, checkpoint, tmp_path, monkeypatch):
    reach = mg.make("reach").unwrapped
    with pytest.raises(MyGymError, match=r"cannot be run .* name an interpreter with --python"):
        find_policy(checkpoint, python="/no/such/python").make(reach)
    with pytest.raises(MyGymError, match=r"cannot load it \(ValueError: Policy type 'other' is not registered"):
        find_policy(write_checkpoint(tmp_path / "other", kind="other")).make(reach)
    with pytest.raises(MyGymError, match="runs checkpoints lerobot:DIR, and expert is none"):
        find_policy("expert", python=sys.executable)
    (tmp_path / "stub" / "lerobot" / "policies" / "__init__.py").write_text("import no_such_lerobot_part")
    with pytest.raises(MyGymError, match=r"LeRobot 0.6 or later is not installed for .* \(no no_such_lerobot_part\)"):
        find_policy(checkpoint).make(reach)

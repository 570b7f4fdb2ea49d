"""Mappings: the observation and the action of a task in the words of another program's policy."""

from contextlib import closing

import numpy as np
import pytest
from policy_servers import connect_policy, make_protocol_server
from servers import running

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.policies.policy_lookup import find_policy


def test_mapping_renames_observations_and_transforms_actions(write_mapping):
    file = write_mapping(
        """
        prompt = "bring the hand to the point"
        [observation]
        "observation/joints" = "proprio[0:7]"
        "observation/goal"   = "goal"
        images.front = { camera = "front", size = [24, 16] }
        images.wrist = { camera = "wrist", size = [24, 16] }
        [action]
        key = "act"
        order = [3, 1, 0, 2]
        scale = [1.0, 1.0, 1.0, 2.0]
        shift = [0.0, 0.0, 0.0, -1.0]
        steps = 1
        clip = true
        """
    )
    asked = []

    def infer(seen, connection):
        asked.append(seen)
        return {"act": [[0.1, 0.2, 0.25, 7.0, 99.0], [0.0] * 5]}

    with running(make_protocol_server(infer)) as url:
        arguments = find_policy(url, remote_mapping=file).get_env_arguments()
        assert arguments == {"observe": ["proprio", "goal", "rgb"], "cameras": ["front", "wrist"], "size": (24, 16)}
        with closing(TaskEnv("reach", **arguments)) as env:
            seen, _ = env.reset(seed=0)
            policy = connect_policy(url, env, file)
            rows = [policy.act(seen) for _ in range(2)]
    assert len(asked) == 2
    assert rows[0] == pytest.approx([1.0, 0.2, 0.1, -0.5])
    assert asked[0]["prompt"] == "bring the hand to the point"
    assert np.array_equal(asked[0]["observation/joints"], seen["proprio"][:7])
    assert np.array_equal(asked[0]["images"]["wrist"], seen["wrist_rgb"])
    assert asked[0]["images"]["front"].shape == (16, 24, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[observation]\na = 'proprio[x]'\n", r"mapping.toml: observation.a: 'proprio\[x\]' is no place"),
        ("[observation]\na = { camera = 'front' }\n", "mapping.toml: observation.a.size: missing"),
        ("[observation]\na.b = 3\n", "mapping.toml: observation.a.b: 3 is no place"),
        (
            "[observation]\na = { camera = 'front', size = [8, 8] }\nb = { camera = 'side', size = [9, 8] }\n",
            "mapping.toml: observation: images of 2 sizes",
        ),
        ("[action]\nordr = [1]\n", "action.ordr: no field 'ordr'; did you mean 'order'"),
        ("[action]\nsteps = 0\n", "action.steps: 0 is below"),
        ("promt = 'x'\n", "did you mean 'prompt'"),
        ("[observation]\na = 'propio'\n", "wants 'propio', which reach does not show; did you mean 'proprio'"),
    ],
)
def test_invalid_mappings_are_refused(reach, write_mapping, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        find_policy("ws://127.0.0.1:9", remote_mapping=write_mapping(text)).make(reach)
    assert "\n" not in str(caught.value)

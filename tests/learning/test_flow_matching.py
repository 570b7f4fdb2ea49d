"""Flow matching policies: chunks of actions are sampled, the same ones for the same seed."""

import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from command_line import make_environment
from hypothesis import given
from hypothesis import strategies as st
from training import catch_error_line, report_nothing

import mygym_lite
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import TaskVectorEnv
from mygym_lite.errors import ConfigError
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.data import Examples
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig, fit
from mygym_lite.policies.flow_matching import integrate_flow
from mygym_lite.policies.saved import load_policy

SEED, STEPS = 50_000, 8


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A policy that was trained for a moment, by the default network of the algorithm."""
    return imitate(
        "reach",
        "flow",
        tmp_path_factory.mktemp("policy") / "flow",
        demonstrations=DemonstrationConfig(episodes=2),
        training=replace(TrainingConfig.for_network("flow_matching"), epochs=1),
    )


@pytest.fixture(scope="module")
def undecided(reach):
    """A policy whose demonstrations go left or right in one and the same state."""
    names = list(reach.observation_space.spaces)
    lengths, size = [4] * 40, reach.action_space.shape[0]
    ways = np.repeat(np.resize([-0.8, -0.8, 0.8, 0.8], len(lengths)), lengths)
    examples = Examples.from_arrays(
        {name: np.zeros((len(ways), reach.observation_space[name].shape[0])) for name in names},
        np.tile(ways[:, None], size),
        lengths,
        names,
    )
    training = TrainingConfig(epochs=150, batch_size=16, hidden=(64, 64), learning_rate=5e-3, early_stopping=150)
    return export_policy(
        reach, fit(examples, training, report_nothing, None, NetworkConfig("flow_matching", horizon=1)).network
    )


def collect_actions(env, policy, seed=SEED):
    """Collect the actions of the first steps of an episode."""
    observation, _ = env.reset(seed=seed)
    policy.reset(seed)
    actions = []
    for _ in range(STEPS):
        actions.append(np.array(policy.act(observation)))
        observation, *_ = env.step(actions[-1])
    return np.array(actions)


def test_samples_are_one_way_or_the_other_and_never_their_average(reach, undecided):
    observation = {name: np.zeros(box.shape, np.float32) for name, box in reach.observation_space.spaces.items()}
    actions = []
    for seed in range(40):
        undecided.reset(seed)
        actions.append(undecided.act(observation))
    means = np.mean(actions, axis=1)
    assert (np.abs(means) > 0.4).mean() >= 0.9
    assert np.median(np.abs(means)) == pytest.approx(0.8, abs=0.15)
    assert 8 <= (means > 0.0).sum() <= 32


@given(target=st.floats(-2.0, 2.0), start=st.floats(-2.0, 2.0), steps=st.integers(1, 20))
def test_integration_along_a_straight_line_arrives_with_any_number_of_steps(target, start, steps):
    end = integrate_flow(lambda actions, time: (target - actions) / (1.0 - time), np.full(6, start, np.float32), steps)
    np.testing.assert_allclose(end, target, atol=1e-4)


def test_the_seed_of_the_episode_decides_the_noise(reach, trained):
    policy = trained.policy
    first = collect_actions(reach, policy)
    observation, _ = reach.reset(seed=SEED)
    policy.reset(SEED + 1)
    assert not np.array_equal(policy.act(observation), first[0])
    assert np.array_equal(collect_actions(reach, load_policy(trained.folder, reach)), first)


def test_an_episode_is_identical_in_another_process(trained):
    code = (
        "import mygym_lite\n"
        f"(record,) = mygym_lite.run('reach', {str(trained.folder)!r}, episodes=1, seed={SEED})\n"
        "print(record.digest)"
    )
    environment = make_environment(OMP_NUM_THREADS="2")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    (record,) = mygym_lite.run("reach", str(trained.folder), episodes=1, seed=SEED)
    assert done.stdout.splitlines()[-1] == record.digest


def test_actions_are_identical_in_a_vector_environment(reach, trained):
    policies = [load_policy(trained.folder, reach) for _ in range(2)]
    alone = [collect_actions(reach, policy, SEED + i) for i, policy in enumerate(policies)]
    with closing(TaskVectorEnv(TaskEnv, 2, {"task": "reach"}, workers=0)) as envs:
        observations, _ = envs.reset(seed=SEED)
        for i, policy in enumerate(policies):
            policy.reset(SEED + i)
        for step in range(STEPS):
            rows = [{name: values[i] for name, values in observations.items()} for i in range(2)]
            actions = np.array([policy.act(row) for policy, row in zip(policies, rows, strict=True)])
            assert np.array_equal(actions, [steps[step] for steps in alone])
            observations, *_ = envs.step(actions)


def test_the_same_seed_gives_the_same_weights(trained, tmp_path):
    again = imitate(
        "reach",
        "flow",
        tmp_path / "again",
        demonstrations=DemonstrationConfig(episodes=2),
        training=replace(TrainingConfig.for_network("flow_matching"), epochs=1),
    )
    first, second = ((folder / "weights.safetensors").read_bytes() for folder in (trained.folder, again.folder))
    assert first == second
    assert len(first) < 1_000_000
    assert trained.policy.metadata.kind == "flow_matching"


def test_invalid_configurations_are_refused_in_one_line(trained, tmp_path):
    assert "give 1 or more" in catch_error_line(lambda: NetworkConfig("flow_matching", integration_steps=0))
    assert "flow learns chunks of actions, which is not for head 'mlp'" in catch_error_line(
        lambda: imitate("reach", "flow", tmp_path / "x", network=NetworkConfig("mlp"))
    )
    card = (trained.folder / "policy.json").read_text(encoding="utf-8")
    folder = trained.policy.save(tmp_path / "damaged")
    for key, value, message in (("integration_steps", 0, "use 1 or more"), ("horizon", 0, "use 1 or more")):
        known = getattr(trained.policy.config, key)
        damaged = card.replace(f'"{key}": {known}', f'"{key}": {value}', 1)
        (folder / "policy.json").write_text(damaged, encoding="utf-8")
        assert message in catch_error_line(lambda: load_policy(folder), ConfigError)

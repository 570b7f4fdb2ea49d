"""Heads of imitation: networks that remember, look ahead, or look through cameras, learned like any other."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from training import catch_error_line, report_nothing

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.dagger import ProgressCallbacks, run_dagger
from mygym_lite.learning.imitation.data import Examples, Normalizer, ObservationSplit
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations
from mygym_lite.learning.imitation.environment import ObservationConfig
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.labelled_rollouts import make_noisy_selector, run_labelled_episode
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig, fit
from mygym_lite.policies.chunk_execution import ensemble_actions
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.saved import load_policy

pytestmark = pytest.mark.slow  # each head learns; shipped policies act in any case

TRIED = range(50_000, 50_008)
HEADS = {
    "history": (NetworkConfig(history=3), TrainingConfig(epochs=40, batch_size=32, hidden=(64, 64))),
    "recurrent": (
        NetworkConfig("recurrent"),
        TrainingConfig(epochs=40, batch_size=2, hidden=(32, 32), learning_rate=5e-3),
    ),
    "action_chunking": (
        NetworkConfig("action_chunking", horizon=4),
        TrainingConfig(epochs=14, batch_size=32, hidden=(16,), learning_rate=5e-3),
    ),
    "flow_matching": (
        NetworkConfig("flow_matching", horizon=4, history=2),
        TrainingConfig(epochs=40, batch_size=32, hidden=(64, 64), learning_rate=5e-3),
    ),
}
SMALL = (32, 32)


@pytest.fixture(scope="module")
def demonstrations(reach):
    return collect_demonstrations(reach, Expert.from_env(reach), 20, 0.3, 0, report_nothing)


@pytest.fixture(scope="module")
def learned(reach, demonstrations):
    """A policy of each head."""
    return {
        name: export_policy(reach, fit(demonstrations, schedule, report_nothing, None, head).network)
        for name, (head, schedule) in HEADS.items()
    }


@pytest.fixture(scope="module")
def sighted(tmp_path_factory):
    """Learned from pictures of 32 px, for a moment."""
    return imitate(
        "reach",
        "bc",
        tmp_path_factory.mktemp("policy") / "sighted",
        demonstrations=DemonstrationConfig(episodes=10, noise=0.3),
        training=TrainingConfig(epochs=12, batch_size=32, hidden=(32,), learning_rate=4e-3),
        observation=ObservationConfig(("front",), SMALL),
    )


def played(env, policy, seed=50_000, steps=12):
    """The first actions of an episode."""
    observation, _ = env.reset(seed=seed)
    policy.reset(seed)
    actions = []
    for _ in range(steps):
        actions.append(np.array(policy.act(observation)))
        observation, *_ = env.step(actions[-1])
    return np.array(actions)


def solved(env, policy, seed):
    policy.reset(seed)
    return run_labelled_episode(
        env, seed, Expert.from_env(env), lambda _step, observation, _label: policy.act(observation)
    ).success


@pytest.mark.parametrize("name", HEADS)
def test_every_network_learns_to_reach(reach, learned, name):
    assert sum(solved(reach, learned[name], seed) for seed in TRIED) >= 6


@pytest.mark.parametrize("name", HEADS)
def test_a_loaded_policy_acts_the_same_after_a_reset(reach, learned, name, tmp_path):
    loaded = load_policy(learned[name].save(tmp_path / name), reach)
    first = played(reach, learned[name])
    assert np.array_equal(played(reach, loaded), first)
    played(reach, loaded, seed=50_001)
    assert np.array_equal(played(reach, loaded), first)


def test_a_recurrent_policy_matches_its_network(reach, demonstrations, learned):
    net = fit(
        demonstrations, replace(HEADS["recurrent"][1], epochs=2), report_nothing, None, NetworkConfig("recurrent")
    ).network
    policy, length = export_policy(reach, net), demonstrations.lengths[0]
    seen = demonstrations.observations[:length]
    done = [row_of(reach, policy, row) for row in seen]
    before = np.concatenate([np.zeros_like(done[:1]), done[:-1]])
    x = np.concatenate([net.input_normalizer.apply(seen), net.action_normalizer.apply(before)], axis=1)
    with torch.inference_mode():
        wanted = net.action_normalizer.undo(net(torch.from_numpy(x)[None])[0].numpy()).clip(-1.0, 1.0)
    np.testing.assert_allclose(done, wanted, atol=1e-5)


def row_of(env, policy, row):
    """What a policy does where a row of numbers is seen."""
    sizes = {name: box.shape[0] for name, box in env.observation_space.spaces.items()}
    parts = np.split(row, np.cumsum(list(sizes.values()))[:-1])
    return np.array(policy.act(dict(zip(sizes, parts, strict=True))))


def test_a_history_holds_observations_and_actions():
    numbers, right, done = np.arange(5.0)[:, None], np.full((5, 1), 0.5), np.arange(1, 6)[:, None] / 10
    same = Normalizer(np.zeros(1, np.float32), np.ones(1, np.float32))
    book = TensorDataset(Examples.from_arrays({"a": numbers}, right, [3, 2], ["a"], executed_actions=done), same, same)
    rows = torch.tensor([0, 2, 4])
    assert book.observations[book.get_history_rows(rows, 3)][..., 0].tolist() == [[0, 0, 0], [0, 1, 2], [3, 3, 4]]
    assert book.get_previous_actions(rows, 2)[..., 0].numpy() == pytest.approx(np.array([[0, 0], [0.1, 0.2], [0, 0.4]]))
    moments, there = book.get_future_rows(rows, 3)
    assert moments.tolist() == [[0, 1, 2], [2, 2, 2], [4, 4, 4]]
    assert there.tolist() == [[True, True, True], [True, False, False], [True, False, False]]


def test_demonstrations_hold_executed_actions_beside_labels(reach):
    calm, noisy = (
        run_labelled_episode(reach, 7, Expert.from_env(reach), make_noisy_selector(reach, 7, x)).examples
        for x in (0.0, 0.5)
    )
    assert np.array_equal(calm.executed_actions, calm.actions)
    assert not np.array_equal(noisy.executed_actions, noisy.actions)


def test_a_policy_with_a_history_observes_its_own_actions(reach, demonstrations):
    net = fit(
        demonstrations, replace(HEADS["history"][1], epochs=1), report_nothing, None, NetworkConfig(history=2)
    ).network
    rows = demonstrations.observations[:3]
    policy = export_policy(reach, net)
    done = [row_of(reach, policy, row) for row in rows]
    x = np.concatenate(
        [net.input_normalizer.apply(rows[1:]).ravel(), net.action_normalizer.apply(np.array(done[:2])).ravel()]
    )
    with torch.inference_mode():
        wanted = net.action_normalizer.undo(net(torch.from_numpy(x)).numpy()).clip(-1.0, 1.0)
    np.testing.assert_allclose(done[2], wanted, atol=1e-5)


def test_dagger_improves_any_network(reach, demonstrations):
    watchers = ProgressCallbacks(report_nothing, report_nothing, report_nothing)
    for head, schedule in (HEADS["history"], HEADS["recurrent"], HEADS["flow_matching"]):
        short = replace(schedule, epochs=5)
        improved = run_dagger(
            reach,
            Expert.from_env(reach),
            demonstrations,
            short,
            demonstrations=DemonstrationConfig(noise=0.0, rounds=1, rollouts_per_round=1, target_success=2.0),
            progress=watchers,
            network=head,
        )
        assert len(improved.examples.lengths) == 20 + 1


def test_newer_predictions_weigh_less_in_the_ensemble():
    answers = [np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.0, 0.0])]
    weights = np.exp(-0.5 * np.arange(3))
    assert ensemble_actions(answers, 0.5) == pytest.approx([weights[0] / weights.sum(), weights[1] / weights.sum()])
    assert ensemble_actions(answers[:1], 0.5) == pytest.approx(answers[0])


@pytest.mark.parametrize("execute", [0, 3])
def test_a_chunk_policy_averages_predictions_or_executes_the_last_chunk(reach, demonstrations, execute):
    head = NetworkConfig("action_chunking", horizon=4, decay=0.3, execute=execute)
    net = fit(demonstrations, replace(HEADS["action_chunking"][1], epochs=1), report_nothing, None, head).network
    policy, rows = export_policy(reach, net), demonstrations.observations[:7]
    done, ahead = [row_of(reach, policy, row) for row in rows], [policy.predict_chunk(row) for row in rows]
    for now, action in enumerate(done):
        oldest = max(0, now - 3)
        wanted = ensemble_actions([ahead[then][now - then] for then in range(oldest, now + 1)], 0.3)
        if execute:
            wanted = ahead[now - now % 3][now % 3]
        np.testing.assert_allclose(action, wanted, atol=1e-6)


def test_image_policies_do_not_observe_true_poses():
    with closing(TaskEnv("grasp", observe=["proprio", "object", "touch", "rgb"], size=SMALL)) as env:
        senses = ObservationSplit.for_env(env)
    assert (senses.vectors, senses.images, senses.auxiliary) == (("proprio", "touch"), ("front_rgb",), ("object",))


def test_an_image_policy_learns_the_goal_position(sighted, reach):
    description = sighted.policy.metadata
    assert list(description.observation) == ["proprio", "front_rgb"]
    assert sighted.curve[-1].val_loss < 0.9 * sighted.curve[0].val_loss
    assert (sighted.folder / "weights.safetensors").stat().st_size < 1_000_000
    assert "wants to see 'front_rgb'" in catch_error_line(lambda: load_policy(sighted.folder, reach), ConfigError)


def test_a_saved_image_policy_acts_on_images(sighted):
    source = PolicySpec("sighted", str(sighted.folder))
    with closing(TaskEnv("reach", **source.get_env_arguments())) as env:
        assert "goal" not in env.observation_space.spaces
        policy = source.make(env)
        assert np.array_equal(played(env, policy), played(env, sighted.policy))
        observation, _ = env.reset(seed=50_000)
        dark = {**observation, "front_rgb": np.zeros_like(observation["front_rgb"])}
        assert not np.array_equal(policy.act(observation), policy.act(dark))


@pytest.mark.parametrize("kind", ["recurrent", "action_chunking", "flow_matching"])
def test_every_network_accepts_images(kind, tmp_path):
    short = TrainingConfig(epochs=1, batch_size=1 if kind == "recurrent" else 32, hidden=(16,), backbone_rate_scale=0.0)
    made = imitate(
        "reach",
        "bc",
        tmp_path / kind,
        demonstrations=DemonstrationConfig(episodes=2),
        network=NetworkConfig(kind),
        training=short,
        observation=ObservationConfig(("front",), SMALL),
    )
    assert made.policy.metadata.network["head"] == kind


def test_training_observes_estimated_poses_like_the_policy(tmp_path):
    made = imitate(
        "reach",
        "dagger",
        tmp_path / "seen",
        demonstrations=DemonstrationConfig(episodes=2, rounds=0, rollouts_per_round=1),
        network=NetworkConfig(history=2),
        training=TrainingConfig(epochs=1, hidden=(16,)),
        observation=ObservationConfig(perception="reach"),
    )
    assert "confidence" in made.policy.metadata.observation


def test_incompatible_arguments_are_refused_in_one_line(tmp_path, learned, reach):
    assert "did you mean 'action_chunking'" in catch_error_line(lambda: NetworkConfig("action_chunkin"))
    assert "give 1, or one of mlp, flow_matching" in catch_error_line(lambda: NetworkConfig("recurrent", history=2))
    assert "not for head 'mlp'" in catch_error_line(
        lambda: imitate("reach", "act", tmp_path / "x", network=NetworkConfig("mlp"))
    )
    assert "give cameras or perception" in catch_error_line(lambda: ObservationConfig(("front",), SMALL, "reach"))
    folder = learned["recurrent"].save(tmp_path / "damaged")
    card = (folder / "policy.json").read_text(encoding="utf-8")
    (folder / "policy.json").write_text(card.replace('"memory": 32', '"memory": 48'), encoding="utf-8")
    assert "policy.json asks for" in catch_error_line(lambda: load_policy(folder, reach), ConfigError)

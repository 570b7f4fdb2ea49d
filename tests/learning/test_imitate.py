"""Imitation: a policy learns from somebody who knows how, and is saved like any other."""

import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from command_line import COMMAND, ROOT
from training import catch_error_line, report_nothing

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.dagger import ProgressCallbacks, run_dagger
from mygym_lite.learning.imitation.data import Examples, Normalizer, concatenate
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.labelled_rollouts import make_noisy_selector, run_labelled_episode
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig, fit
from mygym_lite.policies.saved import load_policy

QUICK = TrainingConfig(epochs=100, batch_size=32, hidden=(64, 64))
LESSONS = DemonstrationConfig(episodes=20, noise=0.3)
TRIED = range(50_000, 50_008)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    return imitate("reach", "bc", tmp_path_factory.mktemp("policy") / "bc", demonstrations=LESSONS, training=QUICK)


@pytest.fixture(scope="module")
def demonstrations(reach):
    return collect_demonstrations(reach, Expert.from_env(reach), 6, 0.1, 0, report_nothing)


def solved(env, policy, seeds):
    def alone(_step, observation, _label):
        return policy.act(observation)

    return sum(run_labelled_episode(env, seed, Expert.from_env(env), alone).success for seed in seeds)


def test_a_few_demonstrations_are_enough_to_learn_reach(reach, learned):
    assert solved(reach, load_policy(learned.folder, reach), TRIED) >= 7
    assert learned.curve[-1].val_loss < learned.curve[0].val_loss


def test_the_same_seed_gives_the_same_weights(tmp_path):
    short, few = replace(QUICK, epochs=3), DemonstrationConfig(episodes=3)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        imitate("reach", "bc", tmp_path / name, demonstrations=few, training=replace(short, seed=seed))
    a, b, c = ((tmp_path / name / "weights.safetensors").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_light_does_not_change_training_on_true_poses(tmp_path):
    for randomization in (None, "visual"):
        imitate(
            "reach",
            "bc",
            tmp_path / str(randomization),
            randomization=randomization,
            demonstrations=DemonstrationConfig(episodes=3),
            training=replace(QUICK, epochs=2),
        )
    plain, lit = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("None", "visual"))
    assert plain == lit


def test_a_policy_records_its_provenance(learned):
    made = json.loads((learned.folder / "policy.json").read_text(encoding="utf-8"))["provenance"]
    assert (made["algorithm"], made["episodes"], made["demonstrations"]["noise"]) == ("bc", 20, 0.3)
    assert len(made["curve"]) == len(learned.curve)


def test_a_policy_matches_its_network(reach, demonstrations):
    import torch

    net = fit(demonstrations, replace(QUICK, epochs=3), report_nothing).network
    policy, rows = export_policy(reach, net), demonstrations.observations[::20]
    with torch.inference_mode():
        wanted = net.action_normalizer.undo(net(torch.from_numpy(net.input_normalizer.apply(rows))).numpy()).clip(
            -1.0, 1.0
        )
    groups = {name: box.shape[0] for name, box in reach.observation_space.spaces.items()}
    parts = np.split(rows, np.cumsum(list(groups.values()))[:-1], axis=1)
    done = [policy.act(dict(zip(groups, row, strict=True))) for row in zip(*parts, strict=True)]
    np.testing.assert_allclose(done, wanted, atol=1e-5)


def test_normalization_is_invertible_and_finite_for_constants():
    rows = np.random.default_rng(0).normal([3.0, -2.0, 0.5], [10.0, 0.01, 0.0], (200, 3)).astype(np.float32)
    normal = Normalizer.fit(rows)
    np.testing.assert_allclose(normal.apply(rows).mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(normal.apply(rows).std(axis=0), [1.0, 1.0, 0.0], atol=1e-3)
    np.testing.assert_allclose(normal.undo(normal.apply(rows)), rows, rtol=1e-4)


def test_whole_episodes_are_held_out():
    examples = Examples.from_arrays({"a": np.arange(10.0)[:, None]}, np.zeros((10, 2)), [2, 3, 1, 4], ["a"])
    train, val = examples.split(2)
    assert (train.lengths, val.lengths) == ((2, 1), (3, 4))
    assert val.observations[:, 0].tolist() == [2, 3, 4, 6, 7, 8, 9]
    assert concatenate([train, val]).lengths == (2, 1, 3, 4)


def test_noise_changes_the_motion_but_not_the_labels(reach):
    calm, noisy = (
        run_labelled_episode(reach, 7, Expert.from_env(reach), make_noisy_selector(reach, 7, x)).examples
        for x in (0.0, 0.5)
    )
    assert np.array_equal(calm.actions[0], noisy.actions[0])
    assert not np.array_equal(calm.observations[1], noisy.observations[1])
    again = run_labelled_episode(reach, 7, Expert.from_env(reach), make_noisy_selector(reach, 7, 0.5)).examples
    assert np.array_equal(noisy.observations, again.observations)
    assert np.array_equal(noisy.actions, again.actions)


def test_dagger_labels_the_episodes_of_the_policy_with_the_expert(reach, demonstrations):
    rounds = []
    watchers = ProgressCallbacks(report_nothing, report_nothing, lambda played: rounds.append(played[-1]))
    short = replace(QUICK, epochs=5)
    improved = run_dagger(
        reach,
        Expert.from_env(reach),
        demonstrations,
        short,
        demonstrations=DemonstrationConfig(noise=0.0, rounds=2, rollouts_per_round=2, target_success=2.0),
        progress=watchers,
    )
    seen, lengths, counted = (getattr(improved.examples, name) for name in ("observations", "lengths", "loss_mask"))
    assert len(lengths) == 6 + 2 * 2
    assert (rounds[0].examples, rounds[-1].examples) == (len(demonstrations), counted.sum())
    assert np.array_equal(seen[: len(demonstrations)], demonstrations.observations)
    assert counted[: len(demonstrations)].all()
    first = slice(len(demonstrations), len(demonstrations) + lengths[6])
    begin = int(np.argmax(counted[first]))  # the step at which the teacher takes over
    assert begin > 0
    assert counted[first][begin:].all()
    learner = export_policy(reach, fit(demonstrations, short, report_nothing).network)
    for x, done in zip(seen[first][:begin], improved.examples.executed_actions[first], strict=False):
        named = dict(
            zip(reach.observation_space.spaces, np.split(x, np.cumsum(improved.examples.group_sizes)), strict=False)
        )
        np.testing.assert_allclose(done, learner.act(named), atol=1e-6)
    assert np.array_equal(improved.examples.executed_actions[first][begin:], improved.examples.actions[first][begin:])


def test_training_ends_at_the_requested_success(reach, demonstrations):
    watchers = ProgressCallbacks(report_nothing, report_nothing, report_nothing)
    short = replace(QUICK, epochs=1)
    improved = run_dagger(
        reach,
        Expert.from_env(reach),
        demonstrations,
        short,
        demonstrations=DemonstrationConfig(noise=0.0, rounds=5, rollouts_per_round=1, target_success=0.0),
        progress=watchers,
    )
    assert len(improved.rounds) == 1


def test_a_non_finite_loss_keeps_the_best_weights(demonstrations, reach):
    short = replace(QUICK, epochs=4)
    good = fit(demonstrations, short, report_nothing)
    assert "loss nan" in catch_error_line(
        lambda: fit(demonstrations, replace(short, learning_rate=1e30), report_nothing)
    )
    kept = fit(demonstrations, replace(short, learning_rate=1e30), report_nothing, good.network)
    assert kept.stop_reason.startswith("loss")
    assert all(np.isfinite(layer.weight.detach().numpy()).all() for layer in kept.network.list_linear_layers())


def test_an_interrupt_keeps_the_best_policy(tmp_path):
    def interrupt(what, done, _total, _more):
        if (what, done) == ("epochs", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imitate("reach", "bc", tmp_path / "a", demonstrations=DemonstrationConfig(episodes=2),
                progress=lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))  # fmt: skip
    assert not (tmp_path / "a").exists()
    made = imitate(
        "reach",
        "bc",
        tmp_path / "b",
        demonstrations=DemonstrationConfig(episodes=2),
        training=QUICK,
        progress=interrupt,
    )
    assert made.policy.metadata.provenance["stop_reason"].startswith("interrupted")


def test_one_demonstration_validates_itself(reach):
    examples = collect_demonstrations(reach, Expert.from_env(reach), 1, 0.0, 0, report_nothing)
    curve = fit(examples, replace(QUICK, epochs=20), report_nothing).curve
    assert curve[-1].val_loss < curve[0].val_loss


def test_invalid_arguments_are_refused_in_one_line(learned, tmp_path):
    assert "did you mean 'dagger'" in catch_error_line(lambda: imitate("reach", "daggr", tmp_path / "x"))
    assert "holds a policy already" in catch_error_line(lambda: imitate("reach", "bc", learned.folder))
    assert "holds no demonstrations" in catch_error_line(
        lambda: imitate("reach", "bc", tmp_path / "x", data=[tmp_path / "none"])
    )
    short = ("episode.seconds=0.2", "episode.hold_seconds=0.2")
    assert "the expert failed" in catch_error_line(lambda: imitate("reach", "bc", tmp_path / "x", settings=short))
    with TaskEnv("grasp") as grasp:
        assert "was made for task 'reach'" in catch_error_line(lambda: load_policy(learned.folder, grasp), ConfigError)


@pytest.mark.slow
def test_the_command_prints_the_result(tmp_path):
    out = tmp_path / "policy"
    command = [
        "train",
        "imitate",
        "reach",
        "--algo",
        "dagger",
        "--episodes",
        "2",
        "--rounds",
        "1",
        "--rollouts-per-round",
        "1",
    ]
    run = [*COMMAND, *command]
    done = subprocess.run(
        [*run, "--epochs", "2", "--out", str(out), "--json"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["demonstrations"]["episodes"] == 2
    assert (out / "policy.json").exists()

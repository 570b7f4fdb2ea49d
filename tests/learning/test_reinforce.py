"""Reinforcement: Stable-Baselines3 learns, and what it learned is saved like any other policy."""

import json
import subprocess
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from command_line import COMMAND, ROOT
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training import catch_error_line

from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.learning.reinforcement.algorithms import make_model
from mygym_lite.learning.reinforcement.env_wrappers import (
    DiscreteActions,
    NoTerminalOnSuccess,
    ShapedReward,
    make_action_table,
)
from mygym_lite.learning.reinforcement.environments import EnvironmentFactory
from mygym_lite.learning.reinforcement.export import export_actor
from mygym_lite.learning.reinforcement.hyperparameters import (
    ALGORITHMS,
    Dqn,
    HyperparameterTables,
    OnPolicy,
    read_tables,
)
from mygym_lite.learning.reinforcement.train import reinforce
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.learning.reinforcement.warm_start import initialize_actor, load_init_policy
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import load_policy

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.1")  # ten steps an episode
FEW = ValidationConfig(episodes=2)


def compute_max_difference(policy, model, observation):
    """Compute the largest difference between the actions of a policy and of its model."""
    expected, _ = model.predict(observation, deterministic=True)
    return float(np.abs(np.asarray(policy.act(observation)) - expected).max())


def observations(env, count=5):
    seen, _ = env.reset(seed=50_000)
    for _ in range(count):
        yield seen
        seen, *_ = env.step(env.action_space.sample())


@pytest.fixture(scope="module")
def hindsight(tmp_path_factory):
    """A few steps of SAC with hindsight, far too few to reach anything."""
    out = tmp_path_factory.mktemp("policy") / "sac"
    return reinforce(
        "reach", "sac", out, steps=150, her=True, settings=SHORT, validation=ValidationConfig(every=75, episodes=2)
    )


def test_a_goal_conditioned_policy_runs_like_any_policy(hindsight):
    assert [point.steps for point in hindsight.curve] == [75, 150]
    policy = find_policy(str(hindsight.folder))
    env = policy.get_env_class()("reach", settings=SHORT)
    assert isinstance(env, GoalEnv)
    actor = policy.make(env)
    assert all(env.action_space.contains(actor.act(seen)) for seen in observations(env))
    env.close()


def test_a_policy_records_its_provenance(hindsight):
    made = json.loads((hindsight.folder / "policy.json").read_text(encoding="utf-8"))["provenance"]
    assert (made["algorithm"], made["steps"], made["her"], made["seed"]) == ("sac", 150, True, 0)
    assert made["hyperparameters"]["hidden"] == [128, 128]
    assert [row[0] for row in made["curve"]] == [75, 150]


def test_training_resumes_from_its_checkpoint(hindsight):
    again = {"her": True, "settings": SHORT, "resume": True}
    assert "150 steps already" in catch_error_line(
        lambda: reinforce("reach", "sac", hindsight.folder, steps=150, **again)
    )
    more = reinforce("reach", "sac", hindsight.folder, steps=170, validation=FEW, **again)
    assert [point.steps for point in more.curve][:2] == [75, 150]
    assert more.curve[-1].steps == 170
    kept = np.load(next((hindsight.folder / "checkpoint").glob("170/replay_buffer.npz")))
    assert kept["actions/"].shape[0] == 170


def test_the_same_seed_gives_the_same_weights(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        reinforce("reach", "a2c", tmp_path / name, steps=48, settings=SHORT, seed=seed, validation=FEW)
    a, b, c = ((tmp_path / name / "weights.safetensors").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_an_exported_policy_acts_like_the_model(algo):
    table = replace(getattr(HyperparameterTables(), algo), hidden=(16, 16))
    table = replace(table, **({"n_steps": 32} if isinstance(table, OnPolicy) else {"learning_starts": 16}))
    place = EnvironmentFactory("reach", settings=SHORT)
    env = place.make_validation_env()
    choices = make_action_table(env.action_space.shape[0], 0.5)
    envs = ShapedReward(place.make_training_envs(env.task, 1), 1.0, 1.0)
    envs = DiscreteActions(envs, choices) if isinstance(table, Dqn) else envs
    model = make_model(algo, table, envs, seed=0, her=False, uses_images=False, init_network=None).learn(64)
    policy = export_actor(model, env, choices if isinstance(table, Dqn) else None)
    for seen in observations(env):
        if isinstance(table, Dqn):
            assert np.array_equal(policy.act(seen), choices[model.predict(seen, deterministic=True)[0]])
        else:
            assert compute_max_difference(policy, model, seen) < 1e-5
    envs.close()
    env.close()


@pytest.mark.parametrize("algo", ["sac", "dqn"])
def test_an_exported_goal_policy_acts_like_the_model(algo):
    table = replace(getattr(HyperparameterTables(), algo), hidden=(16,), learning_starts=16, buffer_size=100)
    place = EnvironmentFactory("reach", uses_goals=True, settings=SHORT)
    env = place.make_validation_env()
    envs, choices = (
        NoTerminalOnSuccess(place.make_training_envs(env.task, 1)),
        make_action_table(env.action_space.shape[0], 1.0),
    )
    envs = DiscreteActions(envs, choices) if algo == "dqn" else envs
    model = make_model(algo, table, envs, seed=0, her=True, uses_images=False, init_network=None).learn(40)
    policy = export_actor(model, env, choices if algo == "dqn" else None)
    for seen in observations(env):
        wanted, _ = model.predict(seen, deterministic=True)
        np.testing.assert_allclose(policy.act(seen), choices[wanted] if algo == "dqn" else wanted, atol=1e-5)
    envs.close()
    env.close()


@pytest.mark.slow
def test_an_exported_image_policy_acts_like_the_model(tmp_path):
    learned = reinforce("reach", "a2c", tmp_path / "a2c", steps=32, cameras=["front"], settings=SHORT, validation=FEW)
    assert learned.policy.metadata.observation["front_rgb"] == (84, 84, 3)
    assert "goal" not in learned.policy.metadata.observation
    place = EnvironmentFactory("reach", settings=SHORT, cameras=("front",))
    env, table = (
        place.make_validation_env(),
        replace(HyperparameterTables().td3, hidden=(16,), learning_starts=8, buffer_size=50),
    )
    envs = NoTerminalOnSuccess(place.make_training_envs(env.task, 1))
    model = make_model("td3", table, envs, seed=0, her=False, uses_images=True, init_network=None).learn(20)
    for seen in observations(env):
        assert compute_max_difference(export_actor(model, env), model, seen) < 1e-5
    envs.close()
    env.close()


def cloned(env, output="clip", hidden=(32, 32), scales=()):
    """A policy as imitation makes them, which normalises what it sees."""
    rng = np.random.default_rng(0)
    size = sum(box.shape[0] for box in env.observation_space.spaces.values())
    widths = [(1 + len(scales)) * size, *hidden, env.action_space.shape[0]]
    layers = [(rng.normal(0.0, b**-0.5, (a, b)), rng.normal(0.0, 0.1, a)) for b, a in pairwise(widths)]
    mean, std = rng.normal(size=size), rng.uniform(0.5, 2.0, size)
    return MlpPolicy.from_layers(env, layers, mean, std, activation="relu", output=output, scales=scales)


SAC = pytest.param("sac", (4.0, 16.0), 0.1, marks=pytest.mark.slow)


@pytest.mark.parametrize(("algo", "scales", "close"), [("ppo", (), 1e-4), ("ppo", (4.0, 16.0), 1e-4), SAC])
def test_an_actor_is_initialized_from_a_policy(tmp_path, algo, scales, close):
    place = EnvironmentFactory("reach", settings=SHORT)
    env = place.make_validation_env()
    cloned(env, scales=scales).save(tmp_path)
    policy, network = load_init_policy(tmp_path, env)
    envs = ShapedReward(place.make_training_envs(env.task, 1), 1.0, 1.0)
    model = make_model(
        algo, getattr(HyperparameterTables(), algo), envs, seed=0, her=False, uses_images=False, init_network=network
    )
    initialize_actor(model, policy, network, env, 50_000)
    assert np.mean([compute_max_difference(policy, model, seen) for seen in observations(env)]) < close
    exported = export_actor(model, env)
    assert max(compute_max_difference(exported, model, seen) for seen in observations(env)) < 1e-4
    envs.close()
    env.close()


def test_demonstrations_are_kept_in_their_own_buffer(tmp_path):
    out = tmp_path / "sac"
    learned = reinforce(
        "reach", "sac", out, steps=40, demonstrations=2, settings=("episode.seconds=1.5",), validation=FEW
    )
    assert learned.policy.metadata.provenance["demonstration_buffer"]["episodes"] == 2
    shown = np.load(next((out / "checkpoint").glob("40/demonstrations.npz")))
    assert shown["rewards/"][-5:].min() > 0.9  # the task is solved there
    assert not shown["dones/"].any()


def changed(tmp_path, task, before, after):
    """A task file in which something is otherwise."""
    text = (ROOT / "tasks" / f"{task}.toml").read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / f"{task}.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    return path


@pytest.mark.parametrize(("lowest", "ended"), [("-0.05", ("timeout", True)), ("0.5", ("dropped", False))])
def test_timeouts_truncate_and_failures_terminate(tmp_path, lowest, ended):
    task = changed(tmp_path, "grasp", "metres = -0.05", f"metres = {lowest}")
    place = EnvironmentFactory(task, settings=("episode.seconds=1.2",))
    env = place.make_validation_env()
    envs = ShapedReward(place.make_training_envs(env.task, 1), 1.0, 1.0)
    envs.seed(50_000)
    envs.reset()
    over = False
    while not over:
        _, _, (over,), (info,) = envs.step(np.zeros((1, *env.action_space.shape), np.float32))
    assert (info["failure"], info["TimeLimit.truncated"]) == ended
    envs.close()
    env.close()


@pytest.mark.parametrize(
    "how", [{"adr": "dynamics"}, {"curriculum": True}, {"randomization": "dynamics", "curriculum": True}]
)
def test_ranges_widen_during_training(tmp_path, how):
    out = tmp_path / "ppo"
    reinforce("reach", "a2c", out, steps=64, settings=SHORT, validation=FEW, **how)
    strength = json.loads((out / "ranges.json").read_text(encoding="utf-8"))["strength"]
    if "adr" in how:
        assert {side for sides in strength.values() for side in sides.values()} == {0.0}  # nothing was judged yet
    else:
        assert {side for sides in strength.values() for side in sides.values()} == {1.0}
    assert ("goal.position" in strength) == (how == {"curriculum": True})


def test_the_tensorboard_log_has_losses_and_validation(tmp_path):
    out = tmp_path / "a2c"
    reinforce(
        "reach",
        "a2c",
        out,
        steps=64,
        settings=SHORT,
        validation=ValidationConfig(every=32, episodes=2),
        tensorboard=True,
    )
    log = EventAccumulator(str(out / "log")).Reload()
    assert {"validation/success", "validation/reward", "train/value_loss", "rollout/ep_rew_mean"} <= set(
        log.Tags()["scalars"]
    )
    assert [event.step for event in log.Scalars("validation/success")] == [32, 64]


@pytest.mark.slow
def test_environments_run_in_several_processes(tmp_path):
    learned = reinforce("reach", "sac", tmp_path / "sac", steps=40, envs=2, her=True, settings=SHORT, validation=FEW)
    assert learned.curve[-1].steps == 40


def test_success_ends_the_training(tmp_path):
    easy = changed(tmp_path, "reach", "within = 0.02 }\n\n[limits]", "within = 1.0 }\n\n[limits]")
    learned = reinforce(
        easy, "a2c", tmp_path / "a2c", steps=1000, settings=SHORT, validation=ValidationConfig(16, 2, until=0.5)
    )
    assert learned.best.low >= 0.5
    assert learned.curve[-1].steps == 16


def test_a_non_finite_loss_keeps_the_best_weights(tmp_path, monkeypatch):
    def fast(_task, _algo):
        return replace(HyperparameterTables().td3, learning_rate=1e38, learning_starts=20, hidden=(16,))

    monkeypatch.setattr("mygym_lite.learning.reinforcement.trainer.load_hyperparameters", fast)
    told = catch_error_line(
        lambda: reinforce(
            "reach", "td3", tmp_path / "td3", steps=100, settings=SHORT, validation=ValidationConfig(10, 1)
        )
    )
    assert "became NaN or infinite; the best policy before that is in" in told
    assert "at step 2" in told
    load_policy(tmp_path / "td3")


def test_an_interrupt_keeps_the_best_policy(tmp_path):
    def interrupt(what, done, _total, _more):
        if (what, done) == ("steps", 30):
            raise KeyboardInterrupt

    out = tmp_path / "a2c"
    learned = reinforce(
        "reach", "a2c", out, steps=100, settings=SHORT, validation=ValidationConfig(16, 1), progress=interrupt
    )
    assert learned.policy.metadata.provenance["stop_reason"] == "interrupted at step 30"
    assert reinforce("reach", "a2c", out, steps=48, settings=SHORT, validation=FEW, resume=True).curve[-1].steps >= 48


def test_invalid_arguments_are_refused_in_one_line(hindsight, tmp_path):
    out = tmp_path / "none"
    assert "did you mean 'sac'" in catch_error_line(lambda: reinforce("reach", "sak", out))
    assert "not decided by the goal alone" in catch_error_line(
        lambda: reinforce("grasp", "sac", out, her=True), ConfigError
    )
    assert "use one of sac, td3" in catch_error_line(lambda: reinforce("reach", "ppo", out, her=True))
    assert "cannot learn from demonstrations" in catch_error_line(
        lambda: reinforce("reach", "ppo", out, demonstrations=3)
    )
    assert "leave --randomization" in catch_error_line(
        lambda: reinforce("reach", "ppo", out, adr="full", curriculum=True)
    )
    assert "holds a policy already" in catch_error_line(lambda: reinforce("reach", "sac", hindsight.folder))
    assert "'depth' is a kind of image" in catch_error_line(
        lambda: reinforce("reach", "ppo", out, observe=["proprio", "depth"])
    )
    assert "holds no checkpoint" in catch_error_line(lambda: reinforce("reach", "sac", out, resume=True))
    assert "no 'top' in reach" in catch_error_line(lambda: reinforce("reach", "ppo", out, cameras=["top"]), ConfigError)
    assert "observation 'achieved_goal' is (3,) there, and missing in reach" in catch_error_line(
        lambda: reinforce("reach", "sac", out, start=hindsight.folder), ConfigError
    )
    with TaskEnv("grasp") as grasp:
        cloned(grasp).save(tmp_path / "grasp")
    assert "control mode is 'joint_delta' there, and 'ee_translation' in reach" in catch_error_line(
        lambda: reinforce("reach", "sac", out, start=tmp_path / "grasp"), ConfigError
    )
    assert not out.exists()


def test_a_misspelt_hyperparameter_is_refused(tmp_path):
    file = tmp_path / "reach.toml"
    file.write_text("schema = 1\n[sac]\nlearning_rat = 1e-3\n", encoding="utf-8")
    assert "sac.learning_rat: no field 'learning_rat'; did you mean 'learning_rate'?" in catch_error_line(
        lambda: read_tables(file), ConfigError
    )


@pytest.mark.slow
def test_the_command_prints_the_result(tmp_path):
    out = tmp_path / "policy"
    command = ["train", "reinforce", "reach", "--algo", "a2c", "--steps", "16", "--validation-episodes", "1"]
    run = [*COMMAND, *command]
    done = subprocess.run(
        [*run, "--set", SHORT[0], "--set", SHORT[1], "--out", str(out), "--json"], capture_output=True, text=True,
        check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["algorithm"] == "a2c"
    assert (out / "policy.json").exists()

"""Vector environments equal single ones, and any error is reported once and closes all of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

import mygym_lite  # noqa: F401  registers the ids
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import make_goal_vector_env, make_task_vector_env
from mygym_lite.envs.vector.shard import VectorError
from mygym_lite.errors import ConfigError, UsageError

SHORT = ["episode.seconds=0.3", "episode.hold_seconds=0.1"]  # six steps, so that episodes end often
REACH = {"task": "reach", "settings": SHORT}
GRASP = {"task": "grasp", "settings": SHORT}
MODES = ["NextStep", "SameStep", "Disabled"]


def sample_actions(envs, steps=15):
    """Sample the same random actions at every call."""
    return np.random.default_rng(7).uniform(-1.0, 1.0, (steps, *envs.action_space.shape)).astype(np.float32)


def make_zero_actions(envs):
    """Make an action of zeros for every environment."""
    return np.zeros(envs.action_space.shape, np.float32)


def are_equal(a, b):
    """Tell whether two structures have equal bits, types and names."""
    return data_equivalence(a, b, exact=True)


def play_alone(env, seed, acts):
    """Play several episodes in a single environment, with resets counted as in NextStep mode."""
    seen, _ = env.reset(seed=seed)
    results, over = [(seen, 0.0, False, False)], False
    for action in acts:
        if over:
            seen, _ = env.reset()
            results.append((seen, 0.0, False, False))
        else:
            results.append(env.step(action)[:4])
        over = results[-1][2] or results[-1][3]
    env.close()
    return results


def play_together(envs, seed, acts):
    """Play several episodes in a vector environment; return one list per environment."""
    seen, _ = envs.reset(seed=seed)
    nothing = np.zeros(envs.num_envs)
    results = [(seen, nothing, nothing.astype(bool), nothing.astype(bool)), *(envs.step(batch)[:4] for batch in acts)]
    return [
        [({k: v[i] for k, v in s.items()}, float(r[i]), bool(te[i]), bool(tr[i])) for s, r, te, tr in results]
        for i in range(envs.num_envs)
    ]


@pytest.fixture(scope="module")
def in_workers():
    """Three grasp environments in two processes."""
    envs = make_task_vector_env(3, **GRASP, workers=2)
    yield envs
    envs.close()


@pytest.fixture
def in_process():
    """Two reach environments in this process."""
    envs = make_task_vector_env(2, **REACH, workers=0)
    yield envs
    envs.close()


def test_environments_in_worker_processes_equal_single_ones(in_workers):
    acts = sample_actions(in_workers)
    together = play_together(in_workers, 40, acts)
    for i in range(3):
        alone = play_alone(TaskEnv(**GRASP), 40 + i, acts[:, i])
        assert sum(over for *_, over in alone) >= 2  # later episodes draw their seeds from the environment, too
        assert are_equal(together[i], alone)


@pytest.mark.parametrize(("num_envs", "workers"), [(1, 1), (4, 0)])
def test_goal_environments_equal_single_ones(num_envs, workers):
    envs = make_goal_vector_env(num_envs, **REACH, workers=workers)
    acts = sample_actions(envs)
    together = play_together(envs, 7, acts)
    envs.close()
    assert are_equal(together[-1], play_alone(GoalEnv(**REACH), 7 + num_envs - 1, acts[:, -1]))


@pytest.mark.parametrize("mode", MODES)
def test_results_equal_those_of_gymnasium(mode):
    name = "mygym_lite/Reach-v0"
    ours = gym.make_vec(name, num_envs=2, settings=SHORT, workers=0, autoreset_mode=mode)
    theirs = gym.make_vec(
        name, num_envs=2, settings=SHORT, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}
    )
    assert ours.metadata == theirs.metadata
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.reset(seed=[5, None])[1]["seed"][0] == 5
    assert are_equal(ours.reset(seed=[5, 90]), theirs.reset(seed=[5, 90]))
    for batch in sample_actions(ours):
        results = ours.step(batch)
        assert are_equal(results, theirs.step(batch))
        over = results[2] | results[3]
        if mode == "Disabled" and over.any():
            assert are_equal(*(envs.reset(options={"reset_mask": over.copy()}) for envs in (ours, theirs)))
    ours.close()
    theirs.close()


def test_results_of_worker_processes_equal_those_of_gymnasium(in_workers):
    theirs = gym.make_vec("mygym_lite/Grasp-v0", num_envs=3, settings=SHORT, vectorization_mode="sync")
    assert are_equal(in_workers.reset(seed=1), theirs.reset(seed=1))
    for batch in sample_actions(in_workers, 9):
        assert are_equal(in_workers.step(batch), theirs.step(batch))
    theirs.close()


def test_same_step_mode_puts_the_last_observation_in_the_infos():
    envs = make_task_vector_env(2, **REACH, workers=0, autoreset_mode=AutoresetMode.SAME_STEP)
    acts = sample_actions(envs, 6)
    envs.reset(seed=3)
    *_, (seen, _, _, truncated, infos) = [envs.step(batch) for batch in acts]
    alone = play_alone(TaskEnv(**REACH), 4, acts[:, 1])
    assert truncated.all()
    assert are_equal(infos["final_obs"][1], alone[-1][0])
    assert infos["final_info"]["failure"][1] == "timeout"
    assert not np.array_equal(seen["goal"][1], alone[-1][0]["goal"])
    envs.close()


def test_registered_ids_make_vector_environments_that_gymnasium_can_wrap():
    envs = gym.make_vec("mygym_lite/ReachGoal-v0", num_envs=2, settings=SHORT, workers=0)
    assert envs.unwrapped.spec.id == "mygym_lite/ReachGoal-v0"
    listed = DictInfoToList(envs)
    assert [info["seed"] for info in listed.reset(seed=0)[1]] == [0, 1]
    wrapped = RecordEpisodeStatistics(envs)  # together they work from Gymnasium 1.3 on
    seen, _ = wrapped.reset(seed=0)
    assert envs.observation_space.contains(seen)
    for batch in sample_actions(envs, 6):
        *_, infos = wrapped.step(batch)
    assert infos["episode"]["l"].tolist() == [6, 6]
    wrapped.close()
    again = gym.make_vec(envs.spec)
    assert again.num_envs == 2
    assert are_equal(again.reset(seed=0)[0], seen)
    again.close()


def test_a_step_can_run_asynchronously(in_workers):
    in_workers.reset(seed=2)
    in_workers.step_async(make_zero_actions(in_workers))
    with pytest.raises(UsageError, match="a step is under way"):
        in_workers.reset()
    seen, *_ = in_workers.step_wait()
    with pytest.raises(UsageError, match="call step_async"):
        in_workers.step_wait()
    assert in_workers.observation_space.contains(seen)


def test_closing_during_a_step_cancels_it(in_process):
    in_process.reset(seed=0)
    in_process.step_async(make_zero_actions(in_process))
    in_process.close()
    in_process.close()
    with pytest.raises(UsageError, match="call step_async"):
        in_process.step_wait()


def test_returned_observations_are_not_overwritten(in_workers):
    seen, _ = in_workers.reset(seed=2)
    kept = {name: array.copy() for name, array in seen.items()}
    in_workers.step(make_zero_actions(in_workers))
    assert are_equal(seen, kept)


def test_attributes_and_methods_of_every_environment_are_accessible(in_workers):
    in_workers.set_attr("reward_kind", "sparse")
    assert in_workers.get_attr("reward_kind") == ("sparse",) * 3
    in_workers.set_attr("reward_kind", ["shaped"] * 3)
    assert in_workers.get_attr("variations") == ((),) * 3
    assert in_workers.call_some([2, 0], "has_wrapper_attr", "episode_state") == [True, True]
    assert in_workers.render() == (None,) * 3
    with pytest.raises(AttributeError, match=r"environment 0: .*no_such_name"):
        in_workers.get_attr("no_such_name")
    assert len(in_workers.call("get_state")) == 3  # the environment stays usable


def insert_nan(acts):
    acts = acts.copy()
    acts[2, 1] = np.nan
    return acts


BAD_ACTIONS = [
    (lambda acts: acts[:2], r"actions have shape \(2, \d\), these environments take \(3, \d\)"),
    (insert_nan, "environment 2: action holds nan; every number must be finite"),
]


@pytest.mark.parametrize(("spoiled", "message"), BAD_ACTIONS, ids=["shape", "nan"])
def test_bad_actions_are_refused_before_any_environment_steps(in_workers, spoiled, message):
    acts = sample_actions(in_workers, 2)
    in_workers.reset(seed=8)
    undisturbed = [in_workers.step(batch) for batch in acts]
    in_workers.reset(seed=8)
    first = in_workers.step(acts[0])
    with pytest.raises(UsageError, match=message):
        in_workers.step(spoiled(acts[1]))
    assert are_equal([first, in_workers.step(acts[1])], undisturbed)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_envs": 0}, "num_envs is 0"),
        ({"workers": -1}, "workers -1"),
        ({"autoreset_mode": "nextstep"}, "did you mean 'NextStep'"),
        ({"task": "graps"}, "did you mean 'grasp'"),
        ({"render_mode": "rgb"}, "environment 0: render_mode: 'rgb' is not a mode"),
    ],
)
def test_wrong_settings_are_refused_in_one_line(settings, message):
    with pytest.raises(ConfigError, match=message) as error:
        make_task_vector_env(**{**REACH, "num_envs": 1, "workers": 0, **settings})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda envs: envs.step(make_zero_actions(envs)), "step before reset"),
        (lambda envs: envs.reset(seed=[1, 2, 3]), "3 seeds for 2 environments"),
        (lambda envs: envs.reset(options={"reset_mask": [1, 0]}), "needs 2 bools"),
        (lambda envs: envs.set_attr("variations", [()]), "1 values for 2 environments"),
    ],
    ids=["step", "seeds", "mask", "values"],
)
def test_wrong_calls_are_refused_without_closing(in_process, call, message):
    with pytest.raises(UsageError, match=message):
        call(in_process)
    in_process.reset(seed=0)


def test_a_step_after_the_end_is_refused_without_autoreset():
    envs = make_task_vector_env(2, **REACH, workers=0, autoreset_mode="Disabled")
    acts = sample_actions(envs, 7)
    envs.reset(seed=0)
    for batch in acts[:6]:
        envs.step(batch)
    with pytest.raises(UsageError, match="environment 0: step after the episode's end"):
        envs.step(acts[6])
    envs.close()


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_names_its_environment_and_closes_all(workers):
    others = multiprocessing.active_children()
    envs = make_task_vector_env(2, **REACH, workers=workers)
    with pytest.raises(VectorError, match=r"environment 1: Error: .*-3"):
        envs.reset(seed=[0, -3])
    assert envs.closed
    assert set(multiprocessing.active_children()) == set(others)
    with pytest.raises(UsageError, match="is closed"):
        envs.reset()
    envs.close()


def test_a_killed_worker_is_named_and_closes_all():
    others = multiprocessing.active_children()
    envs = make_task_vector_env(3, **REACH, workers=2)
    envs.reset(seed=0)
    own = {child.name: child for child in multiprocessing.active_children() if child not in others}
    own["environments 0 to 1"].kill()
    with pytest.raises(VectorError, match=r"environments 0 to 1: the process ended \(exit code -9\)"):
        envs.step(make_zero_actions(envs))
    assert envs.closed
    assert set(multiprocessing.active_children()) == set(others)


def test_worker_processes_end_when_the_environment_is_deleted():
    others = multiprocessing.active_children()
    envs = make_task_vector_env(1, **REACH, workers=1)
    envs.reset(seed=0)
    del envs
    assert set(multiprocessing.active_children()) == set(others)


def test_workers_ignore_interrupts_and_an_interrupted_step_closes_all(in_workers, in_process, monkeypatch):
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
    in_workers.reset(seed=0)

    def interrupted(*_):
        raise KeyboardInterrupt

    in_process.reset(seed=0)
    monkeypatch.setattr(TaskEnv, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        in_process.step(make_zero_actions(in_process))
    assert in_process.closed


SCRIPT_WITHOUT_CLOSE = """
import multiprocessing, os, signal
import numpy as np
from mygym_lite.envs.vector.env import make_task_vector_env
if __name__ == "__main__":
    envs = make_task_vector_env(2, task="reach", workers=2)
    envs.reset(seed=0)
    envs.step_async(np.zeros(envs.action_space.shape))
    assert {os.environ.get("OMP_NUM_THREADS")} == {None}
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
"""


def test_python_exits_quietly_without_close(tmp_path):
    script = tmp_path / "forgets.py"
    script.write_text(SCRIPT_WITHOUT_CLOSE)
    env = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_ppo_trains_on_vector_environments():
    from stable_baselines3 import PPO

    from mygym_lite.envs.sb3_vec_env import SB3VecEnv

    envs = SB3VecEnv(make_goal_vector_env(2, **REACH, workers=0, autoreset_mode="SameStep"))
    model = PPO("MultiInputPolicy", envs, n_steps=12, batch_size=12, n_epochs=1, seed=0, device="cpu").learn(24)
    assert model.num_timesteps == 24
    envs.seed(3)
    envs.reset()
    acts = sample_actions(envs.envs, 6)
    *_, (_, _, done, infos) = [envs.step(batch) for batch in acts]
    assert done.all()
    assert infos[1]["TimeLimit.truncated"]
    assert infos[1]["is_success"] is False
    last = play_alone(GoalEnv(**REACH), 4, acts[:, 1])[-1][0]
    assert are_equal(infos[1]["terminal_observation"], last)
    goals = np.zeros((5, 3), np.float32)
    (rewards,) = envs.env_method("compute_reward", goals, goals, {}, indices=[1])
    assert rewards.tolist() == [0.0] * 5
    envs.close()
    with pytest.raises(ConfigError, match="SameStep"):
        SB3VecEnv(make_task_vector_env(1, **REACH, workers=0))


def test_a_script_without_a_main_guard_is_refused_once(tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        "import gymnasium, mygym_lite\n"
        "gymnasium.make_vec('mygym_lite/Reach-v0', num_envs=2, vectorization_mode='vector_entry_point', workers=2)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert 'make them under `if __name__ == "__main__":`, or with workers=0' in done.stderr.splitlines()[-1]

"""Every registered environment keeps Gymnasium's word: spaces, seeding, pictures, errors, goals, pickling, learning."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from mygym_lite.config.robot import list_robots, load_robot
from mygym_lite.config.task import Control, list_tasks
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.registration import list_env_ids, register
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, PhysicsError, UsageError
from mygym_lite.terms import load_task

if "mygym_lite/Task-v0" not in gym.registry:
    register()

every_id = pytest.mark.parametrize("id", list_env_ids())
goal_ids = pytest.mark.parametrize("id", [id for id in list_env_ids() if "Goal" in id])


@pytest.fixture
def grasp() -> Iterator[TaskEnv]:
    env = TaskEnv("grasp")
    yield env
    env.close()


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


# --- the checkers of others


@every_id
def test_checkers_find_nothing(id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(id)
        check_env(env.unwrapped, skip_render_check=True)
        check_env_sb3(env.unwrapped)
        env.close()


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")


def test_the_default_checks_of_gymnasium_need_no_display(no_display: None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make("mygym_lite/Reach-v0")
        check_env(env.unwrapped)
        env.close()


@pytest.mark.parametrize("display", ["", ":9999"])
def test_a_window_without_a_display_is_refused(display: str, no_display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(UsageError, match="there is no display here; use 'rgb_array'"):
        gym.make("mygym_lite/Reach-v0", render_mode="human")


def test_the_spec_tells_the_time_limit_and_gymnasium_keeps_no_clock_of_its_own() -> None:
    env = gym.make("mygym_lite/Task-v0", task="reach", settings=["episode.seconds=2"])
    assert env.spec is not None
    assert env.spec.max_episode_steps == 40
    assert "TimeLimit" not in str(env)
    restored = pickle.loads(pickle.dumps(env.unwrapped))
    assert restored.spec.max_episode_steps == 40
    for each in (env, restored):
        each.close()


@every_id
def test_seeding(id: str) -> None:
    one, two = gym.make(id), gym.make(id)
    assert same(one.reset(seed=5)[0], two.reset(seed=5)[0])
    assert not same(one.reset(seed=6)[0], two.reset(seed=7)[0])
    one.reset(seed=5)
    two.reset(seed=5)
    for _ in range(3):  # without a seed the sequence goes on, the same in both
        a, b = one.reset(), two.reset()
        assert same(a[0], b[0])
        assert a[1]["seed"] == b[1]["seed"]
    one.close()
    two.close()


@every_id
def test_observations_are_in_their_space(id: str) -> None:
    env = gym.make(id, disable_env_checker=True)
    env.action_space.seed(0)
    observation, _ = env.reset(seed=0)
    for _ in range(20):
        assert env.observation_space.contains(observation)
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert isinstance(reward, float)
        assert {"success", "is_success", "failure", "reward_terms", "contact_force", "clipped"} <= info.keys()
        if terminated or truncated:
            observation, _ = env.reset()
    env.close()


# --- pictures


@every_id
def test_pictures(id: str) -> None:
    color = gym.make(id, render_mode="rgb_array", disable_env_checker=True)
    color.reset(seed=0)
    picture = color.render()
    width, height = next(iter(color.unwrapped.task.cameras.values())).size
    assert (picture.shape, picture.dtype) == ((height, width, 3), np.uint8)
    assert picture.std() > 10
    color.close()
    depth = gym.make(id, render_mode="depth_array", disable_env_checker=True)
    depth.reset(seed=0)
    metres = depth.render()
    assert (metres.shape, metres.dtype) == ((height, width), np.float32)
    assert 0.2 < metres[metres > 0.0].min() < 2.0
    assert metres.max() <= 20.0
    depth.close()


def test_depth_is_in_metres() -> None:
    """The camera looks straight down on the bare table from a known height."""
    task = load_task("grasp")
    camera = replace(
        task.cameras["front"], position=(0.85, 0.45, 0.8), look_at=(0.8501, 0.45, 0.0), size=(64, 64), fov=20
    )
    env = TaskEnv(replace(task, cameras={"down": camera}), render_mode="depth_array")
    env.reset(seed=0)
    assert env.render() == pytest.approx(0.8, abs=0.002)
    env.close()


def test_picture_follows_what_varies() -> None:
    env = TaskEnv("grasp", render_mode="rgb_array", settings=["cameras.front.size=[80, 80]"])
    plain = drawn(env, {})
    assert np.array_equal(plain, drawn(env, {}))
    for path, value in {
        "cameras.front.position": [1.3, 0.7, 0.6], "cameras.front.look_at": [0.3, 0.1, 0.1], "cameras.front.fov": 40.0,
        "objects.target.color": [0.1, 0.2, 0.9], "robot.gaze": [0.5, 0.1], "workspace.height": 0.05,
    }.items():  # fmt: skip
        assert not np.array_equal(plain, drawn(env, {path: {"value": value}})), path
        assert np.array_equal(plain, drawn(env, {})), path
    env.close()


def drawn(env: TaskEnv, variations: dict[str, Any]) -> np.ndarray:
    env.reset(seed=0, options={"variations": variations})
    return np.array(env.render())


def test_no_picture_without_a_camera_or_a_mode() -> None:
    env = TaskEnv(replace(load_task("grasp"), cameras={}), render_mode="rgb_array")
    env.reset(seed=0)
    with pytest.raises(UsageError, match=r"declares no camera; add \[cameras"):
        env.render()
    env.close()
    with pytest.raises(ConfigError, match="render_mode: 'rgb_aray' is not a mode; did you mean 'rgb_array'"):
        TaskEnv("grasp", render_mode="rgb_aray")


# --- bad input


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((1, 8)), np.float32(0), np.zeros(0)])
def test_action_of_another_shape(grasp: TaskEnv, bad: np.ndarray) -> None:
    grasp.reset(seed=0)
    with pytest.raises(UsageError, match=r"action has shape .*takes \(8,\)"):
        grasp.step(bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_action_that_is_no_number(grasp: TaskEnv, bad: float) -> None:
    grasp.reset(seed=0)
    action = np.zeros(8, np.float32)
    action[2] = bad
    with pytest.raises(UsageError, match=f"action holds {bad}; every number must be finite"):
        grasp.step(action)
    observation, *_, info = grasp.step(np.zeros(8, np.float32))  # the episode is none the worse for it
    assert all(np.isfinite(array).all() for array in observation.values())
    assert info["clipped"] == 0


def test_action_out_of_range_is_clipped_and_counted(grasp: TaskEnv) -> None:
    clipped, bounded = np.array([3, -7, 0.5, 0, 0, 0, 0, -1.0]), np.array([1, -1, 0.5, 0, 0, 0, 0, -1.0])
    grasp.reset(seed=0)
    wild = [grasp.step(clipped) for _ in range(3)]
    grasp.reset(seed=0)
    tame = [grasp.step(bounded) for _ in range(3)]
    assert [step[4]["clipped"] for step in wild] == [2, 4, 6]
    assert [step[4]["clipped"] for step in tame] == [0, 0, 0]
    assert same(wild[-1][0], tame[-1][0])
    assert wild[-1][1] == tame[-1][1]
    assert clipped[0] == 3  # the caller's array is left alone


def test_steps_outside_an_episode() -> None:
    env = TaskEnv("grasp", settings=["episode.seconds=1.0"])
    action = np.zeros(8, np.float32)
    with pytest.raises(UsageError, match="step before reset; call reset"):
        env.step(action)
    env.reset(seed=0)
    ends = [env.step(action)[2:4] for _ in range(20)]
    assert ends == [(False, False)] * 19 + [(False, True)]
    with pytest.raises(UsageError, match="step after the episode's end; call reset"):
        env.step(action)
    env.reset()
    env.step(action)
    env.close()


def test_nothing_happens_in_an_environment_that_is_closed() -> None:
    env = TaskEnv("reach")
    env.reset(seed=0)
    env.close()
    env.close()
    for use in (env.reset, lambda: env.step(np.zeros(4, np.float32)), env.render_images, env.view):
        with pytest.raises(UsageError, match="this environment is closed; make a new one"):
            use()


def test_unknown_names_are_refused_with_the_nearest(grasp: TaskEnv) -> None:
    with pytest.raises(UsageError, match="no option 'variation'; did you mean 'variations'"):
        grasp.reset(options={"variation": {}})
    with pytest.raises(ConfigError, match=r"no field 'mas' in 'objects.target'; did you mean 'mass'"):
        grasp.reset(options={"variations": {"objects.target.mas": {"scale": [1, 2]}}})
    with pytest.raises(ConfigError, match="grsp: no task of that name is shipped; did you mean 'grasp'"):
        gym.make("mygym_lite/Task-v0", task="grsp")
    with pytest.raises(gym.error.NameNotFound, match="Did you mean"):
        gym.make("mygym_lite/Grsp-v0")
    with pytest.raises(ConfigError, match="did you mean 'touch'"):
        TaskEnv("grasp", observe=["tuch"])
    with pytest.raises(ConfigError, match="did you mean 'sparse'"):
        TaskEnv("grasp", reward="sparce")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"robot\.control: 'joint_dleta' is not a choice; did you mean 'joint_delta'"):
        TaskEnv("grasp", control="joint_dleta")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="did you mean 'humanoid_left'"):
        TaskEnv("grasp", robot="humanoid_lft")


@pytest.mark.parametrize("observe", [[], "proprio"])
def test_observation_sets_that_are_none(observe: Any) -> None:
    with pytest.raises(ConfigError, match="observe: "):
        TaskEnv("grasp", observe=observe)


@pytest.mark.parametrize("path", ["robot.control", "robot.fingers", "robot.model", "episode.control_hz"])
def test_what_decides_the_spaces_does_not_vary(path: str) -> None:
    values = {
        "robot.control": "ee_delta",
        "robot.fingers": "each",
        "robot.model": "humanoid",
        "episode.control_hz": 10.0,
    }
    with pytest.raises(ConfigError, match=path):
        TaskEnv("grasp", variations={path: {"value": values[path]}})


def test_a_world_that_breaks_ends_its_episode_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither solved nor silent, and the next episode is as if nothing had been."""
    for env in (TaskEnv("reach"), GoalEnv("reach")):
        first, _ = env.reset(seed=3)
        with monkeypatch.context() as broken:
            broken.setattr(env.world, "step", lambda _: (_ for _ in ()).throw(PhysicsError("broken")))
            _, reward, terminated, _, info = env.step(np.zeros(env.action_space.shape))
        assert terminated
        assert (reward, info["success"], info["failure"]) == (-1.0, False, "physics_error")
        assert same(first, env.reset(seed=3)[0])
        env.close()


# --- rewards and ends


def test_sparse_reward_says_solved_or_not() -> None:
    env = TaskEnv("reach", reward="sparse")
    env.reset(seed=0)
    for _ in range(100):
        offset = np.array(env.state.position("goal")) - env.state.position("palm")
        action = np.concatenate(
            [np.clip(offset / env.task.robot.translation_step, -1, 1), [0] * (env.action_space.shape[0] - 3)]
        )
        _, reward, terminated, _, info = env.step(action)
        assert reward == (0.0 if info["success"] else -1.0)
        if terminated:
            break
    assert terminated
    assert info["success"]
    assert info["held_seconds"] == pytest.approx(env.task.episode.hold_seconds)
    env.close()


def test_shaped_reward_is_the_sum_of_its_terms(grasp: TaskEnv) -> None:
    grasp.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(10):
        _, reward, *_, info = grasp.step(rng.uniform(-1, 1, 8))
        assert reward == pytest.approx(sum(info["reward_terms"].values()))
        assert info["reward_terms"].keys() == grasp.task.reward.keys()


@goal_ids
@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_compute_reward_of_a_batch_is_that_of_each_step(id: str, reward: str) -> None:
    env = gym.make(id, reward=reward, disable_env_checker=True).unwrapped
    env.reset(seed=0)
    env.action_space.seed(0)
    achieved, desired, rewards = [], [], []
    for _ in range(25):
        seen, value, terminated, *_ = env.step(env.action_space.sample())
        achieved.append(seen["achieved_goal"])
        desired.append(seen["desired_goal"])
        rewards.append(value)
        if terminated:
            break
    batch = env.compute_reward(np.array(achieved), np.array(desired), [{}] * len(rewards))
    assert batch.shape == (len(rewards),)
    assert batch.tolist() == pytest.approx(rewards)
    hindsight = env.compute_reward(np.array(achieved), np.array(achieved), [{}] * len(rewards))
    assert hindsight.tolist() == pytest.approx([0.0] * len(rewards), abs=1e-3)  # a goal reached by definition
    assert (hindsight >= batch - 1e-6).all()
    env.close()


def test_goal_needs_a_goal_and_something_to_see() -> None:
    with pytest.raises(ConfigError, match="not decided by the goal alone"):
        gym.make("mygym_lite/TaskGoal-v0", task="grasp")
    with pytest.raises(ConfigError, match="observe: "):
        GoalEnv("reach", observe=["goal"])


# --- variations and settings


def test_settings_change_the_task_once_and_for_all() -> None:
    env = TaskEnv("grasp", settings=["objects.target.mass=0.2", "objects.target.model=box"])
    env.reset(seed=0)
    assert env.episode_task.objects["target"].mass == 0.2
    assert env.episode_task.objects["target"].model == "box"
    env.close()
    with pytest.raises(ConfigError, match="no field 'mas'"):
        TaskEnv("grasp", settings=["objects.target.mas=0.2"])


def test_variations_of_one_reset_are_forgotten_at_the_next(grasp: TaskEnv) -> None:
    heavy = {"objects.target.mass": {"value": 1.5}}
    grasp.reset(seed=0, options={"variations": heavy})
    assert grasp.episode_task.objects["target"].mass == 1.5
    grasp.reset(seed=0)
    assert grasp.episode_task.objects["target"].mass == pytest.approx(0.09)


def test_reset_takes_parsed_variations(grasp: TaskEnv) -> None:
    heavy = TaskEnv("grasp", variations={"objects.target.mass": {"value": 1.5}}).variations
    grasp.reset(seed=0, options={"variations": heavy})
    assert grasp.episode_task.objects["target"].mass == 1.5


def test_episode_length_may_vary(grasp: TaskEnv) -> None:
    grasp.reset(seed=0, options={"variations": {"episode.seconds": {"value": 1.0}}})
    assert [grasp.step(np.zeros(8))[3] for _ in range(20)].index(True) == 19


# --- save, restore, pickle


@every_id
def test_pickled_environment_goes_on_where_it_was(id: str) -> None:
    env = gym.make(id, disable_env_checker=True).unwrapped
    env.action_space.seed(0)
    env.reset(seed=2)
    for _ in range(5):
        env.step(env.action_space.sample())
    twin = pickle.loads(pickle.dumps(env))
    assert type(twin) is type(env)
    for _ in range(5):
        action = env.action_space.sample()
        (a, reward, *ends), (b, reward_b, *ends_b) = env.step(action), twin.step(action)
        assert same(a, b)
        assert (reward, ends) == (reward_b, ends_b)
    assert same(env.reset()[0], twin.reset()[0])
    env.close()
    twin.close()


def test_pickle_keeps_what_it_was_made_with() -> None:
    env = TaskEnv("grasp", control="ee_delta", reward="sparse", observe=["touch"], settings=["objects.target.mass=0.3"])
    twin = pickle.loads(pickle.dumps(env))  # also before the first reset
    assert twin.task == env.task
    assert twin.reward_kind == "sparse"
    assert list(twin.observation_space) == ["touch"]
    assert same(env.reset(seed=1)[0], twin.reset(seed=1)[0])
    env.close()
    twin.close()


def test_state_of_nothing_is_refused(grasp: TaskEnv) -> None:
    with pytest.raises(UsageError, match="before the first reset"):
        grasp.set_state(grasp.get_state())


def test_restored_end_stays_an_end() -> None:
    env = TaskEnv("grasp", settings=["episode.seconds=1.0"])
    env.reset(seed=0)
    for _ in range(20):
        env.step(np.zeros(8))
    env.set_state(env.get_state())
    with pytest.raises(UsageError, match="after the episode's end"):
        env.step(np.zeros(8))
    env.close()


# --- robots and control modes

ROBOTS = [name for name in ("humanoid_right", "humanoid_left", "humanoid", "panda", "kuka") if name in list_robots()]


@pytest.mark.parametrize(("robot", "control"), list(product(ROBOTS, get_args(Control))))
def test_every_robot_in_every_control_mode(robot: str, control: Control) -> None:
    env = TaskEnv("reach", robot=robot, control=control)
    arms = load_robot(robot).arms.values()
    numbers = {"ee_delta": 6, "ee_translation": 3}
    assert env.action_space.shape == (sum(numbers.get(control, len(a.joints)) + (a.hand is not None) for a in arms),)
    env.action_space.seed(0)
    env.reset(seed=0)
    start = np.array(env.state.joints)
    moved = np.zeros_like(start)
    for _ in range(10):
        observation, _, over, *_ = env.step(env.action_space.sample())
        moved = np.maximum(moved, np.abs(np.array(env.state.joints) - start))
        if over:
            break
    assert env.observation_space.contains(observation)
    assert moved.max() > 0.02
    env.close()


# --- learning

SETS = [(task, groups) for task in ("reach", "grasp") for groups in (*[[g] for g in load_task(task).observe], None)]


@pytest.mark.parametrize("algorithm", [SAC, PPO])
@pytest.mark.parametrize(
    ("task", "groups"), [s if s[1] is None else pytest.param(*s, marks=pytest.mark.slow) for s in SETS]
)
def test_learning_runs_on_each_observation_set(task: str, groups: list[str] | None, algorithm: Any) -> None:
    env = TaskEnv(task, observe=groups)
    tiny: dict[str, Any] = {"policy_kwargs": {"net_arch": [16]}, "seed": 0, "device": "cpu"}
    tiny |= (
        {"learning_starts": 50, "train_freq": 10}
        if algorithm is SAC
        else {"n_steps": 125, "batch_size": 25, "n_epochs": 1}
    )
    model = algorithm("MultiInputPolicy", env, **tiny)
    before = [p.detach().clone() for p in model.policy.parameters()]
    model.learn(500)
    assert model.num_timesteps == 500
    assert any(not bool((a == b).all()) for a, b in zip(before, model.policy.parameters(), strict=True))
    assert all(bool(p.isfinite().all()) for p in model.policy.parameters())
    env.close()


def test_every_task_has_its_ids() -> None:
    assert {gym.spec(id).kwargs["task"] for id in list_env_ids()} == set(list_tasks())
    assert "mygym_lite/Grasp-v0" in list_env_ids()
    assert "mygym_lite/ReachGoal-v0" in list_env_ids()

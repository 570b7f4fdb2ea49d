"""Task environments: actions, episodes, settings, variations, robots and control modes."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import gymnasium as gym
import numpy as np
import pytest
from observations import have_equal_bytes

from mygym_lite.config.robot import list_robots, load_robot
from mygym_lite.config.task_robot import Control
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, PhysicsError, UsageError

# --- actions and steps


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((1, 8)), np.float32(0), np.zeros(0)])
def test_an_action_of_another_shape_is_refused(grasp: TaskEnv, bad: np.ndarray) -> None:
    grasp.reset(seed=0)
    with pytest.raises(UsageError, match=r"action has shape .*takes \(8,\)"):
        grasp.step(bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_action_that_is_not_finite_is_refused(grasp: TaskEnv, bad: float) -> None:
    grasp.reset(seed=0)
    action = np.zeros(8, np.float32)
    action[2] = bad
    with pytest.raises(UsageError, match=f"action holds {bad}; every number must be finite"):
        grasp.step(action)
    observation, *_, info = grasp.step(np.zeros(8, np.float32))  # the episode continues unaffected
    assert all(np.isfinite(array).all() for array in observation.values())
    assert info["clipped"] == 0


def test_an_action_out_of_range_is_clipped_and_counted(grasp: TaskEnv) -> None:
    clipped, bounded = np.array([3, -7, 0.5, 0, 0, 0, 0, -1.0]), np.array([1, -1, 0.5, 0, 0, 0, 0, -1.0])
    grasp.reset(seed=0)
    wild = [grasp.step(clipped) for _ in range(3)]
    grasp.reset(seed=0)
    tame = [grasp.step(bounded) for _ in range(3)]
    assert [step[4]["clipped"] for step in wild] == [2, 4, 6]
    assert [step[4]["clipped"] for step in tame] == [0, 0, 0]
    assert have_equal_bytes(wild[-1][0], tame[-1][0])
    assert wild[-1][1] == tame[-1][1]
    assert clipped[0] == 3  # the caller's array is unchanged


def test_steps_outside_an_episode_are_refused() -> None:
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


def test_a_closed_environment_refuses_every_call() -> None:
    env = TaskEnv("reach")
    env.reset(seed=0)
    env.close()
    env.close()
    for use in (env.reset, lambda: env.step(np.zeros(4, np.float32)), env.render_images, env.view):
        with pytest.raises(UsageError, match="this environment is closed; make a new one"):
            use()


def test_a_physics_error_ends_only_its_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The episode fails with its cause, and the next one is unaffected."""
    for env in (TaskEnv("reach"), GoalEnv("reach")):
        first, _ = env.reset(seed=3)
        with monkeypatch.context() as broken:
            broken.setattr(env.world, "step", lambda _: (_ for _ in ()).throw(PhysicsError("broken")))
            _, reward, terminated, _, info = env.step(np.zeros(env.action_space.shape))
        assert terminated
        assert (reward, info["success"], info["failure"]) == (-1.0, False, "physics_error")
        assert have_equal_bytes(first, env.reset(seed=3)[0])
        env.close()


# --- arguments


def test_unknown_names_are_refused_with_a_suggestion(grasp: TaskEnv) -> None:
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
def test_an_invalid_observation_set_is_refused(observe: Any) -> None:
    with pytest.raises(ConfigError, match="observe: "):
        TaskEnv("grasp", observe=observe)


@pytest.mark.parametrize("path", ["robot.control", "robot.fingers", "robot.model", "episode.control_hz"])
def test_fields_that_define_the_spaces_cannot_vary(path: str) -> None:
    values = {
        "robot.control": "ee_delta",
        "robot.fingers": "each",
        "robot.model": "humanoid",
        "episode.control_hz": 10.0,
    }
    with pytest.raises(ConfigError, match=path):
        TaskEnv("grasp", variations={path: {"value": values[path]}})


# --- settings and variations


def test_settings_change_the_task_of_every_episode() -> None:
    env = TaskEnv("grasp", settings=["objects.target.mass=0.2", "objects.target.model=box"])
    env.reset(seed=0)
    assert env.episode_task.objects["target"].mass == 0.2
    assert env.episode_task.objects["target"].model == "box"
    env.close()
    with pytest.raises(ConfigError, match="no field 'mas'"):
        TaskEnv("grasp", settings=["objects.target.mas=0.2"])


def test_variations_of_a_reset_hold_for_one_episode(grasp: TaskEnv) -> None:
    heavy = {"objects.target.mass": {"value": 1.5}}
    grasp.reset(seed=0, options={"variations": heavy})
    assert grasp.episode_task.objects["target"].mass == 1.5
    grasp.reset(seed=0)
    assert grasp.episode_task.objects["target"].mass == pytest.approx(0.09)


def test_reset_accepts_parsed_variations(grasp: TaskEnv) -> None:
    heavy = TaskEnv("grasp", variations={"objects.target.mass": {"value": 1.5}}).variations
    grasp.reset(seed=0, options={"variations": heavy})
    assert grasp.episode_task.objects["target"].mass == 1.5


def test_episode_length_may_vary(grasp: TaskEnv) -> None:
    grasp.reset(seed=0, options={"variations": {"episode.seconds": {"value": 1.0}}})
    assert [grasp.step(np.zeros(8))[3] for _ in range(20)].index(True) == 19


# --- robots and control modes

ROBOTS = [name for name in ("humanoid_right", "humanoid_left", "humanoid", "panda", "kuka") if name in list_robots()]


@pytest.mark.parametrize(("robot", "control"), list(product(ROBOTS, get_args(Control))))
def test_every_robot_moves_in_every_control_mode(robot: str, control: Control) -> None:
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

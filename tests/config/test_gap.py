"""What each axis of the reality gap changes of an episode, and what it leaves alone, byte for byte."""

from contextlib import closing
from functools import cache

import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.randomization.suite_file import load_suite

TASK = "grasp_clutter"
SEED = 11
STEPS = 14
SEEN = ["front", "wrist"]
CONDITIONS = [
    c for c in load_suite("sim2real").build_conditions(mg.load_task(TASK)) if c.applicable and c.severity in (0, 5)
]
OF_IMAGES = {"image_noise", "image_blur", "motion_blur", "depth_noise"}  # sensing that spoils pictures alone
IN_TIME = {"dropped_frames", "stuck_frames", "observation_latency"}  # sensing that spoils everything, but later
LATER = {"dynamics", "actuation", "disturbance"}  # groups of which nothing is seen before the first action
MOVES_AT_ONCE = {"table_height", "robot_start"}


@cache
def env() -> TaskEnv:
    groups = list(mg.load_task(TASK).observe)
    return TaskEnv(TASK, observe=[*groups, "rgb", "depth", "mask"], cameras=SEEN, size=(48, 48))


@pytest.fixture(scope="module", autouse=True)
def closing_the_world():
    yield
    env().close()
    env.cache_clear()
    episode.cache_clear()


@cache
def episode(axis: str) -> tuple[list[dict[str, bytes]], list[bytes]]:
    """Observations and true states of an episode, as bytes."""
    condition: Condition = next(c for c in CONDITIONS if c.axis == axis)
    world = env()
    seen, _ = world.reset(seed=SEED, options={"variations": condition.get_variations(SEED)})
    actions = np.random.default_rng(0).uniform(-1, 1, (STEPS, *world.action_space.shape)).astype(np.float32)
    observations, states = [_bytes(seen)], [_truth(world)]
    for action in actions:
        seen, *_ = world.step(action)
        observations.append(_bytes(seen))
        states.append(_truth(world))
    return observations, states


def _bytes(observation: dict[str, np.ndarray]) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in observation.items()}


def _truth(world: TaskEnv) -> bytes:
    frames = [x for pose in world.state.frames.values() for part in pose for x in part]
    return np.array([*world.state.joints, *world.state.fingers, *frames]).tobytes()


def numbers(observation: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in observation.items() if not is_image(name)}


def images(observation: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in observation.items() if is_image(name)}


def is_image(name: str) -> bool:
    return name.startswith(tuple(f"{camera}_" for camera in SEEN))


def axes(*groups: str, but: frozenset[str] | set[str] = frozenset()) -> list[str]:
    return [c.axis for c in CONDITIONS if c.group in groups and c.axis not in but]


@pytest.mark.parametrize("axis", axes("visual", "camera"))
def test_visual_axes_change_only_images(axis):
    observations, states = episode(axis)
    nominal, truth = episode(NOMINAL)
    assert states == truth
    assert [numbers(o) for o in observations] == [numbers(o) for o in nominal]
    assert all(images(o) != images(n) for o, n in zip(observations, nominal, strict=True))


@pytest.mark.parametrize("axis", axes("visual"))
def test_light_and_surfaces_do_not_change_depth_and_masks(axis):
    for seen, nominal in zip(episode(axis)[0], episode(NOMINAL)[0], strict=True):
        assert {n: d for n, d in images(seen).items() if not n.endswith("rgb")} == {
            n: d for n, d in images(nominal).items() if not n.endswith("rgb")
        }


@pytest.mark.parametrize("axis", axes("sensing"))
def test_sensing_faults_do_not_change_the_true_state(axis):
    observations, states = episode(axis)
    nominal, truth = episode(NOMINAL)
    assert states == truth
    assert observations != nominal


@pytest.mark.parametrize("axis", axes("sensing", but=OF_IMAGES | IN_TIME))
def test_joint_and_force_faults_do_not_change_images(axis):
    observations, nominal = episode(axis)[0], episode(NOMINAL)[0]
    assert [images(o) for o in observations] == [images(n) for n in nominal]


@pytest.mark.parametrize("axis", sorted(OF_IMAGES))
def test_image_faults_do_not_change_numbers(axis):
    observations, nominal = episode(axis)[0], episode(NOMINAL)[0]
    assert [numbers(o) for o in observations] == [numbers(n) for n in nominal]


@pytest.mark.parametrize("axis", axes(*LATER, but=MOVES_AT_ONCE))
def test_later_disturbances_do_not_change_earlier_observations(axis):
    observations, states = episode(axis)
    nominal, truth = episode(NOMINAL)
    assert states[0] == truth[0]
    assert observations[0] == nominal[0]


@pytest.mark.parametrize("axis", axes("actuation"))
def test_actuation_faults_change_the_motion_of_the_arm(axis):
    assert episode(axis)[1] != episode(NOMINAL)[1]


@pytest.mark.parametrize("axis", axes("object"))
def test_object_changes_are_visible_from_the_first_observation(axis):
    assert images(episode(axis)[0][0]) != images(episode(NOMINAL)[0][0])


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c.axis)
def test_conditions_keep_the_names_and_shapes_of_observations(condition):
    observations = episode(condition.axis)[0]
    nominal = episode(NOMINAL)[0]
    assert [{n: len(d) for n, d in o.items()} for o in observations] == [
        {n: len(d) for n, d in o.items()} for o in nominal
    ]
    _, info = env().reset(seed=SEED)
    assert set(info) == {"seed", "success", "is_success", "failure"}


@pytest.mark.parametrize("preset", ["visual", "dynamics", "sensing", "full"])
def test_a_preset_gives_reproducible_episodes(preset):
    with closing(TaskEnv("grasp", randomization=preset, observe=["proprio", "rgb"], size=(32, 32))) as made:
        first = [_bytes(made.reset(seed=seed)[0]) for seed in (0, 1)]
        again = [_bytes(made.reset(seed=seed)[0]) for seed in (0, 1)]
    assert first == again
    assert first[0] != first[1]


def test_own_variations_override_a_preset():
    table = {"objects.target.mass": {"value": 0.5}}
    with closing(TaskEnv("grasp", randomization="dynamics", variations=table)) as made:
        made.reset(seed=0)
        assert made.episode_task.objects["target"].mass == 0.5


def test_faults_are_the_same_after_restoring_a_state():
    with closing(TaskEnv("grasp", randomization="full")) as made:
        made.reset(seed=3)
        for _ in range(3):
            made.step(np.full(made.action_space.shape, 0.3, np.float32))
        moment = made.get_state()
        ahead = _bytes(made.step(np.full(made.action_space.shape, -0.3, np.float32))[0])
        made.set_state(moment)
        assert _bytes(made.step(np.full(made.action_space.shape, -0.3, np.float32))[0]) == ahead


def test_reward_and_success_ignore_sensing_faults():
    blind = ("sensing.drop=1.0", "sensing.drop_steps=1000")
    with closing(TaskEnv("reach", settings=blind)) as dark, closing(TaskEnv("reach")) as bright:
        rewards = []
        for made in (dark, bright):
            made.reset(seed=0)
            action = np.full(made.action_space.shape, 0.5, np.float32)
            rewards.append([made.step(action)[1] for _ in range(5)])
    assert rewards[0] == rewards[1]

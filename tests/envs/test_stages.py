"""What lies between policy and world does what is declared, by the amount that is declared, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest

from mygym_lite.config.faults import Actuation, Schedule, Sensing
from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import multiply_quaternions
from mygym_lite.config.sampling import sample
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import Control, Task
from mygym_lite.config.workspace import load_workspace
from mygym_lite.envs.faults.actuation import ActuationPipeline, build_arm_mask, compute_hold_action
from mygym_lite.envs.faults.images import build_motion_kernel
from mygym_lite.envs.faults.schedule import compute_factors
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.errors import ConfigError
from mygym_lite.sim.control import Backlash
from mygym_lite.sim.kinematics import build_kinematics
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task
from mygym_lite.terms.vectors import compute_rotation_between, rotate_inverse

MANY = 10_000
MODES = get_args(Control)
FAULTS = Sensing(
    image_noise=0.1, blur=2.0, motion_blur=5.0, depth_noise=4.0, depth_holes=0.05, drop=0.1, drop_steps=2, stuck=0.1,
    stuck_steps=3, latency=0.1, joint_noise=0.01, joint_bias=0.02, force_noise=1.0, hand_eye_position=0.01,
    hand_eye_rotation=0.05,
)  # fmt: skip
OF_STATES = ("joint_noise", "joint_bias", "force_noise", "hand_eye_position", "hand_eye_rotation")
SEED = st.integers(0, 2**31 - 1)


def grasp(seconds: float = 600.0, control: str = "joint_delta", model: str = "humanoid_right") -> Task:
    """The task that is spoilt here, 20 actions a second, long enough for statistics."""
    task = load_task("grasp")
    return replace(
        task, episode=replace(task.episode, seconds=seconds), robot=replace(task.robot, control=control, model=model)
    )


def seen_by(schedules: dict[str, Schedule] | None = None, seed: int = 0, **faults: Any) -> SensorPipeline:
    """The perception of an episode with some faults."""
    task = replace(grasp(), sensing=Sensing(**faults), schedules=schedules or {})
    perception = SensorPipeline(task)
    perception.reset(task, seed)
    return perception


@pytest.fixture(scope="module")
def truth() -> Iterator[State]:
    """A moment of the task, with the arm in motion."""
    with World() as world:
        world.reset(sample(grasp(), (), 0), 0)
        yield world.step(np.full(world.action_size, 0.5))


def at(state: State, step: int) -> State:
    return replace(state, seconds=step / 20.0)


# --- nothing declared, nothing done


def test_nominal_sensing_and_actuation_hand_on_the_very_same_things(truth: State) -> None:
    perception = seen_by()
    images, observation = {"head_rgb": np.zeros((4, 4, 3), np.uint8)}, {"joints": np.zeros(7, np.float32)}
    assert not perception.active
    assert perception.measure_state(truth) is truth
    assert perception.corrupt_images(images) is images
    assert perception.deliver_observation(observation, 1) is observation


def test_nominal_actuation_hands_on_the_very_same_action() -> None:
    with World() as world:
        task = sample(grasp(), (), 0)
        world.reset(task, 0)
        actuator, action = ActuationPipeline(world), np.full(world.action_size, 0.3)
        actuator.reset(task, 0)
        assert not actuator.active
        assert actuator.apply(action) is action


# --- time: latency, stuck, drop


def delivered(perception: SensorPipeline, steps: int) -> list[int]:
    """What arrives where the number of the step is observed, from 1 on, so that 0 is nothing."""
    return [
        int(perception.deliver_observation({"step": np.array([k + 1], np.float32)}, k)["step"][0]) - 1
        for k in range(steps)
    ]


@pytest.mark.parametrize(
    ("seconds", "arrives"),
    [
        (0.02, [0, 1, 2, 3, 4, 5]),  # less than half a step of 50 ms
        (0.05, [0, 0, 1, 2, 3, 4]),
        (0.12, [0, 0, 0, 1, 2, 3]),
        (0.15, [0, 0, 0, 0, 1, 2]),
        (5.0, [0, 0, 0, 0, 0, 0]),
    ],
)
def test_latency_delivers_what_was_seen_so_long_ago(seconds: float, arrives: list[int]) -> None:
    assert delivered(seen_by(latency=seconds), 6) == arrives


def test_latency_that_changes() -> None:
    """100 ms that swing by all of their size in 1 s: two steps at first, four after 5 steps, none after 15."""
    swing = {"sensing.latency": Schedule("cyclic", 1.0, 1.0)}
    ages = [round(2 * (1 + np.sin(2 * np.pi * k / 20))) for k in range(20)]
    arrived = delivered(seen_by(swing, latency=0.1), 20)
    assert ages[5] == 4
    assert ages[15] == 0
    assert arrived == np.maximum.accumulate([max(0, k - age) for k, age in enumerate(ages)]).tolist()


@given(SEED, st.floats(0.0, 1.0), st.floats(0.0, 3.0))
@settings(max_examples=25, deadline=None)
def test_no_observation_is_older_than_the_one_before(seed: int, latency: float, size: float) -> None:
    walk = {"sensing.latency": Schedule("random_walk", size)}
    arrived = delivered(seen_by(walk, seed, latency=latency), 100)
    assert all(a <= b for a, b in pairwise(arrived))
    assert all(0 <= a <= k for k, a in enumerate(arrived))


def lengths(struck: Sequence[bool]) -> list[int]:
    return [len(list(spell)) for strikes, spell in groupby(struck) if strikes]


def share_within(struck: Sequence[bool], chance: float, steps: int) -> bool:
    """Spells of n steps, each after a geometric pause, take n / (n + (1 - p) / p) of the time."""
    expected = steps / (steps + (1 - chance) / chance)
    spells = len(struck) / (steps + (1 - chance) / chance)
    return abs(np.mean(struck) - expected) < 4 * expected / np.sqrt(spells)


@pytest.mark.parametrize(("chance", "steps"), [(0.01, 1), (0.1, 1), (0.1, 5), (0.5, 3)])
def test_drop_loses_everything_for_so_many_steps(chance: float, steps: int) -> None:
    lost = [k == -1 for k in delivered(seen_by(drop=chance, drop_steps=steps), MANY)]
    assert share_within(lost, chance, steps)
    assert all(length % steps == 0 for length in lengths(lost)[:-1])
    assert steps in lengths(lost)


@pytest.mark.parametrize(("chance", "steps"), [(0.01, 1), (0.1, 1), (0.1, 5), (0.5, 3)])
def test_stuck_repeats_the_last_for_so_many_steps(chance: float, steps: int) -> None:
    arrived = delivered(seen_by(stuck=chance, stuck_steps=steps), MANY)
    stuck = [a == b for a, b in pairwise(arrived)]
    assert share_within(stuck, chance, steps)
    assert all(length % steps == 0 for length in lengths(stuck)[1:-1])  # an episode may begin within one
    assert all(a == k for k, a in enumerate(arrived) if k and not stuck[k - 1])


def test_what_is_lost_is_zero_of_the_same_kind() -> None:
    images = {
        "rgb": np.full((2, 2, 3), 7, np.uint8),
        "depth": np.ones((2, 2), np.float32),
        "mask": np.ones(2, np.int32),
    }
    lost = seen_by(drop=1.0).deliver_observation(images, 0)
    assert all(lost[name].dtype == image.dtype and lost[name].shape == image.shape for name, image in images.items())
    assert not any(image.any() for image in lost.values())


def test_what_a_receiver_does_to_an_observation_is_not_seen_again() -> None:
    perception = seen_by(latency=0.1, stuck=1.0, stuck_steps=9)
    for step in range(5):
        arrived = perception.deliver_observation({"x": np.array([3.0 + step])}, step)
        assert arrived["x"][0] == 3.0
        arrived["x"][:] = -1.0


# --- encoders and force sensors


def test_the_truth_stays_as_it_is(truth: State) -> None:
    before = replace(truth, frames=dict(truth.frames), motions=dict(truth.motions), joints=list(truth.joints))
    seen = seen_by(**{name: getattr(FAULTS, name) for name in OF_STATES}).measure_state(truth)
    assert truth == before
    assert seen.joints != truth.joints
    assert seen.frames["target"] != truth.frames["target"]


def test_joint_noise_has_the_declared_deviation(truth: State) -> None:
    perception = seen_by(joint_noise=0.01)
    errors = np.array([perception.measure_state(at(truth, k)).joints for k in range(MANY)]) - np.array(truth.joints)
    assert np.abs(errors.std(axis=0) / 0.01 - 1).max() < 0.03
    assert np.abs(errors.mean(axis=0)).max() < 4 * 0.01 / np.sqrt(MANY)
    assert kstest(errors.ravel() / 0.01, "norm").pvalue > 1e-3
    apart = np.corrcoef(errors.T) - np.eye(len(truth.joints))
    assert np.abs(apart).max() < 4 / np.sqrt(MANY)
    assert abs(np.corrcoef(errors[:-1, 0], errors[1:, 0])[0, 1]) < 4 / np.sqrt(MANY)  # from step to step too


def test_joint_bias_is_exact_and_stays_for_the_episode(truth: State) -> None:
    perception, signs = seen_by(joint_bias=0.02), []
    for seed in range(200):
        perception.reset(perception_task(joint_bias=0.02), seed)
        first, later = (np.array(perception.measure_state(at(truth, k)).joints) - truth.joints for k in (0, 7))
        assert np.abs(first) == pytest.approx(0.02, abs=1e-12)
        assert (first == later).all()
        signs.append(np.sign(first))
    assert np.abs(np.mean(signs, axis=0)).max() < 4 / np.sqrt(200)  # up as often as down


def perception_task(**faults: Any) -> Task:
    return replace(grasp(), sensing=Sensing(**faults))


def test_the_palm_is_where_the_joints_say_and_the_rest_stays(truth: State) -> None:
    seen = seen_by(joint_bias=0.02, joint_noise=0.01).measure_state(truth)
    robot = load_robot("humanoid_right")
    chain = build_kinematics(robot, robot.arms["right"])
    assert seen.frames["palm"] == chain.compute_pose_and_motion(np.array(seen.joints), np.array(seen.speeds))[0]
    assert 1e-3 < np.linalg.norm(np.subtract(seen.position("palm"), truth.position("palm"))) < 0.2
    assert seen.frames["target"] == truth.frames["target"]
    assert (seen.speeds, seen.targets, seen.fingers) == (truth.speeds, truth.targets, truth.fingers)


def test_two_arms_have_two_palms() -> None:
    task = replace(grasp(model="humanoid"), sensing=Sensing(joint_bias=0.02))
    with World() as world:
        truth = world.reset(sample(task, (), 0), 0)
        perception = SensorPipeline(task)
        seen = perception.measure_state(truth)
        [name] = [name for name in truth.frames if name.endswith("_palm")]
        assert all(seen.frames[palm] != truth.frames[palm] for palm in ("palm", name))


def test_force_noise_has_the_declared_deviation_and_is_not_cut_at_zero(truth: State) -> None:
    perception, pairs = seen_by(force_noise=2.0), [("hand", "target"), ("thumb", "target")]
    errors = np.empty((MANY, 2))
    for k in range(MANY):
        seen = perception.measure_state(at(truth, k))
        touches = [seen.touch(*pair) for pair in pairs]
        errors[k] = [touch.mean - truth.touch(*pair).mean for touch, pair in zip(touches, pairs, strict=True)]
        assert touches[0].impulse - truth.touch(*pairs[0]).impulse == pytest.approx(errors[k, 0] / 20.0)
    assert errors.std(axis=0) == pytest.approx([2.0, 2.0], rel=0.03)
    assert np.abs(errors.mean(axis=0)).max() < 4 * 2.0 / np.sqrt(MANY)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 4 / np.sqrt(MANY)


def test_a_force_reads_the_same_from_either_side_whenever_it_is_first_asked_for(truth: State) -> None:
    early, late = seen_by(force_noise=2.0), seen_by(force_noise=2.0)
    for k in range(100):
        expected = early.measure_state(at(truth, k)).touch("hand", "target")
    assert late.measure_state(at(truth, 99)).touch("target", "hand") == expected
    with pytest.raises(ConfigError, match="no body or contact group 'hnad'; did you mean 'hand'"):
        late.measure_state(truth).touch("hnad", "target")


# --- hand-eye calibration


@pytest.mark.parametrize("angle", [0.01, 0.1, 1.0])
def test_what_is_looked_at_is_turned_by_exactly_the_declared_angle(truth: State, angle: float) -> None:
    seen = seen_by(hand_eye_rotation=angle).measure_state(truth)
    here, there = truth.frames["target"], seen.frames["target"]
    vector = compute_rotation_between(here.rotation, there.rotation)
    assert np.linalg.norm(vector) == pytest.approx(angle, rel=1e-6)
    centre = (*np.mean(load_workspace("table").area, axis=0), 0.0)
    lever = np.subtract(here.position, centre)
    turned = rodrigues(np.array(vector), lever)
    assert np.subtract(there.position, centre) == pytest.approx(turned, abs=1e-9)
    for part in ("linear", "angular"):
        motion = getattr(truth.motions["target"], part)
        assert getattr(seen.motions["target"], part) == pytest.approx(rodrigues(np.array(vector), np.array(motion)))
    assert seen.frames["palm"] == truth.frames["palm"]


def rodrigues(vector: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = np.linalg.norm(vector)
    k = vector / angle
    turned: NDArray[np.float64] = v * np.cos(angle) + np.cross(k, v) * np.sin(angle) + k * (k @ v) * (1 - np.cos(angle))
    return turned


def test_what_is_looked_at_is_shifted_by_exactly_the_declared_distance_in_any_direction(truth: State) -> None:
    perception, task, shifts = seen_by(), perception_task(hand_eye_position=0.02), []
    for seed in range(300):
        perception.reset(task, seed)
        seen = perception.measure_state(truth)
        shifts.append(np.subtract(seen.position("target"), truth.position("target")))
        assert np.subtract(seen.initial_positions["target"], truth.initial_positions["target"]) == pytest.approx(
            shifts[-1], abs=1e-12
        )
        assert seen.frames["target"].rotation == truth.frames["target"].rotation
        assert seen.motions == truth.motions
        assert seen.frames["palm"] == truth.frames["palm"]
    assert np.linalg.norm(shifts, axis=1) == pytest.approx(0.02, rel=1e-9)
    assert np.abs(np.mean(shifts, axis=0)).max() < 4 * 0.02 / np.sqrt(3 * 300)


@given(SEED, st.floats(0.001, 0.5), st.floats(0.001, 1.0))
@settings(max_examples=25, deadline=None)
def test_hand_eye_errors_are_rigid(truth: State, seed: int, shift: float, turn: float) -> None:
    """Whatever two things are looked at, each is seen in the frame of the other as it is."""
    task = sample(load_task("grasp_clutter"), (), 0)
    here = [Pose((0.4, 0.1, 0.03), (0.0, 0.6, 0.0, 0.8)), Pose((0.5, -0.2, 0.1), (0.5, 0.5, 0.5, 0.5))]
    names = [*task.objects][:2]
    frames = {**dict.fromkeys(task.objects, here[0]), **dict(zip(names, here, strict=True))}
    still = dict.fromkeys(task.objects, truth.motions["target"])
    moment = replace(
        truth, frames=frames, motions=still, initial_positions=dict.fromkeys(task.objects, (0.4, 0.0, 0.0))
    )
    perception = SensorPipeline(task)
    perception.reset(replace(task, sensing=Sensing(hand_eye_position=shift, hand_eye_rotation=turn)), seed)
    seen = perception.measure_state(moment)
    assert between(*(seen.frames[name] for name in names)) == pytest.approx(between(*here), abs=1e-9)


def between(a: Pose, b: Pose) -> list[float]:
    x, y, z, w = a.rotation
    offset = rotate_inverse(a.rotation, tuple(np.subtract(b.position, a.position)))  # type: ignore[arg-type]
    return [*offset, *multiply_quaternions((-x, -y, -z, w), b.rotation)]


# --- cameras


def test_blur_spreads_an_edge_by_the_declared_deviation() -> None:
    edge = np.zeros((8, 120, 3), np.uint8)
    edge[:, 60:] = 250
    for deviation in (0.7, 1.0, 2.0, 4.0, 6.0):
        blurred = seen_by(blur=deviation).corrupt_images({"head_rgb": edge})["head_rgb"]
        weights = np.diff(blurred[4, :, 1].astype(float))  # of an edge in brightness, the slope is what spread it
        x = np.arange(119) + 1.0
        mean = weights @ x / weights.sum()
        assert mean == pytest.approx(60, abs=0.1)
        assert np.sqrt(weights @ (x - mean) ** 2 / weights.sum()) == pytest.approx(deviation, rel=0.03)


@pytest.mark.parametrize(("length", "spread"), [(5.0, 0.0), (15.0, 0.0), (15.0, 4.0), (35.0, 20.0)])
@pytest.mark.parametrize("angle", [0.0, 0.6, np.pi / 2, 2.5])
def test_a_smear_has_its_length_its_direction_and_its_spread(length: float, spread: float, angle: float) -> None:
    weights = build_motion_kernel(length, spread, angle).astype(float)
    half = weights.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights * along).sum() == pytest.approx(0.0, abs=0.01)  # OpenCV 4 turns images in steps of 1/32 px
    assert np.abs(across[weights > 0]).max() < 1.5
    assert 2 * np.abs(along[weights > 0]).max() == pytest.approx(length, abs=3.0)
    even = np.linspace(-0.5, 0.5, 1001) * length
    density = np.exp(-0.5 * (even / spread) ** 2) if spread else np.ones(1001)
    assert (weights * along**2).sum() == pytest.approx(density @ even**2 / density.sum(), rel=0.02, abs=0.3)


def test_motion_blur_smears_each_image_in_another_direction_and_keeps_its_light(truth: State) -> None:
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[19:22, 19:22] = 255
    perception, directions = seen_by(motion_blur=12.0), []
    for step in range(300):
        perception.measure_state(at(truth, step))
        seen = perception.corrupt_images({"head_rgb": dot})["head_rgb"][..., 0].astype(float)
        assert seen.sum() == pytest.approx(9 * 255, rel=0.05)
        y, x = np.mgrid[-20:21, -20:21]
        directions.append(0.5 * np.arctan2(2 * (seen * x * y).sum(), (seen * (x**2 - y**2)).sum()) / np.pi + 0.5)
    assert kstest(directions, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("deviation", [0.02, 0.08, 0.18])
def test_image_noise_has_the_declared_deviation(deviation: float) -> None:
    grey = np.full((84, 84, 3), 127, np.uint8)
    seen = seen_by(image_noise=deviation).corrupt_images({"head_rgb": grey})["head_rgb"].astype(float) - 127
    if deviation < 0.1:
        assert seen.std() == pytest.approx(255 * deviation, rel=0.02)
        grain = np.random.default_rng(0).uniform(-0.5, 0.5, seen.shape)  # of whole grey levels
        assert kstest((seen + grain).ravel(), "norm", (0.0, 255 * deviation)).pvalue > 1e-3
    else:  # cut at black and white
        assert (np.abs(seen) < 255 * deviation).mean() == pytest.approx(0.6827, abs=0.02)
    assert abs(np.corrcoef(seen[..., 0].ravel(), seen[..., 1].ravel())[0, 1]) < 4 / 84


@pytest.mark.parametrize("metres", [0.3, 0.5, 1.5, 3.0])
@pytest.mark.parametrize("times", [1.0, 4.0])
def test_depth_noise_is_that_of_an_azure_kinect(metres: float, times: float) -> None:
    flat = np.full((100, 100), metres, np.float32)
    errors = seen_by(depth_noise=times).corrupt_images({"head_depth": flat})["head_depth"].astype(float) - metres
    expected = times * (0.5e-3 + 1e-3 * max(0.0, metres - 0.5))
    assert errors.std() == pytest.approx(expected, rel=0.03)
    assert abs(errors.mean()) < 4 * expected / 100
    assert kstest(errors.ravel(), "norm", (0.0, expected)).pvalue > 1e-3


def test_noisy_depth_stays_in_its_space_and_nothing_stays_nothing() -> None:
    depth = np.full((84, 84), 20.0, np.float32)
    depth[:20], depth[20:40] = 0.0, 0.02
    seen = seen_by(depth_noise=100.0).corrupt_images({"head_depth": depth})["head_depth"]
    assert seen.dtype == np.float32
    assert (seen[:20] == 0.0).all()
    assert seen.min() >= 0.0
    assert seen.max() == 20.0


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 1.0])
@pytest.mark.parametrize("shape", [(84, 84), (48, 64), (240, 320)])
def test_depth_has_holes_over_exactly_the_declared_share(share: float, shape: tuple[int, int]) -> None:
    perception, depth = seen_by(depth_holes=share), np.ones(shape, np.float32)
    lost = np.mean([perception.corrupt_images({"head_depth": depth})["head_depth"] == 0.0 for _ in range(100)], axis=0)
    assert lost.sum() == pytest.approx(round(share * depth.size), abs=0.2)  # two pixels may tie for the last place
    assert (depth == 1.0).all()
    assert lost.max() < 6 * share + 0.05  # nowhere much more often than elsewhere


def test_holes_are_blobs_and_not_single_pixels() -> None:
    import cv2

    seen = seen_by(depth_holes=0.05).corrupt_images({"head_depth": np.ones((84, 84), np.float32)})["head_depth"]
    count, _, stats, _ = cv2.connectedComponentsWithStats((seen == 0.0).astype(np.uint8))
    sizes = stats[1:, cv2.CC_STAT_AREA]
    assert 3 < np.mean(sizes) < 50
    assert count > 10


def test_masks_links_and_normals_are_the_truth() -> None:
    images = {f"head_{kind}": np.ones((8, 8), np.int32) for kind in ("mask", "links", "normals")}
    seen = seen_by(**{name: getattr(FAULTS, name) for name in ("blur", "image_noise", "depth_holes")}).corrupt_images(
        images
    )
    assert all(seen[name] is images[name] for name in images)


# --- schedules


TIMES = np.arange(200) / 20.0


def test_schedules_follow_their_formulas() -> None:
    rng = np.random.default_rng(0)
    assert (compute_factors(Schedule("constant", 3.0), TIMES, rng) == 1.0).all()
    assert compute_factors(Schedule("drift", 0.5), TIMES, rng) == pytest.approx(1 + 0.5 * TIMES)
    assert compute_factors(Schedule("drift", -0.5), TIMES, rng) == pytest.approx(np.maximum(0, 1 - 0.5 * TIMES))
    wave = 1 + 0.4 * np.sin(2 * np.pi * TIMES / 3)
    assert compute_factors(Schedule("cyclic", 0.4, 3.0), TIMES, rng) == pytest.approx(wave)


def test_a_random_walk_spreads_as_the_root_of_time() -> None:
    rng = np.random.default_rng(0)
    walks = np.array([compute_factors(Schedule("random_walk", 0.1), TIMES[:80], rng) for _ in range(4000)])
    assert (walks[:, 0] == 1.0).all()
    assert walks[:, 20].std() == pytest.approx(0.1, rel=0.05)  # after 1 s
    assert walks[:, 79].std() == pytest.approx(0.1 * np.sqrt(79 / 20), rel=0.05)
    assert np.abs(walks.mean(axis=0) - 1).max() < 0.02


def test_a_schedule_multiplies_the_number_and_keeps_it_within_its_bounds(truth: State) -> None:
    """A shift of 0.1 m that grows by its own size each second ends at the 0.5 m that the field allows."""
    perception = seen_by({"sensing.hand_eye_position": Schedule("drift", 1.0)}, hand_eye_position=0.1)
    for step in range(0, 200, 7):
        shift = np.subtract(perception.measure_state(at(truth, step)).position("target"), truth.position("target"))
        assert np.linalg.norm(shift) == pytest.approx(min(0.5, 0.1 * (1 + step / 20.0)), rel=1e-9)


def test_a_schedule_of_something_nominal_builds_nothing() -> None:
    assert not seen_by({"sensing.joint_noise": Schedule("drift", 1.0)}).active


# --- each stage has a stream of its own


def test_a_fault_more_changes_nothing_in_the_others(truth: State) -> None:
    every = seen_by(**{name: getattr(FAULTS, name) for name in OF_STATES})
    noise, shift = seen_by(joint_noise=0.01, joint_bias=0.02), seen_by(force_noise=1.0)
    for k in range(80):
        moment = at(truth, k)
        assert every.measure_state(moment).joints == noise.measure_state(moment).joints
        assert every.measure_state(moment).touch("hand", "target") == shift.measure_state(moment).touch(
            "hand", "target"
        )


def test_a_fault_more_leaves_images_and_spells_alone() -> None:
    depth = {"head_depth": np.ones((84, 84), np.float32)}
    alone, noisy = seen_by(depth_holes=0.1), seen_by(depth_holes=0.1, depth_noise=1.0, blur=2.0)
    for _ in range(3):
        holes = [perception.corrupt_images(depth)["head_depth"] == 0.0 for perception in (alone, noisy)]
        assert (holes[0] == holes[1]).all()
    alone, late = seen_by(drop=0.1, drop_steps=2), seen_by(drop=0.1, drop_steps=2, latency=0.2, stuck=0.2)
    assert [k == -1 for k in delivered(alone, 300)] == [k == -1 for k in delivered(late, 300)]


def test_an_image_is_spoilt_alike_whatever_else_is_observed() -> None:
    grey = np.full((16, 16, 3), 127, np.uint8)
    alone, both = seen_by(image_noise=0.1), seen_by(image_noise=0.1)
    for _ in range(3):
        expected = alone.corrupt_images({"head_rgb": grey})["head_rgb"]
        seen = both.corrupt_images({"front_rgb": grey, "head_rgb": grey})
        assert (seen["head_rgb"] == expected).all()
        assert (seen["front_rgb"] != expected).any()


def test_an_episode_depends_on_its_seed_alone(truth: State) -> None:
    def lived(perception: SensorPipeline, seed: int) -> list[Any]:
        perception.reset(replace(grasp(), sensing=FAULTS), seed)
        told = []
        for k in range(20):
            seen = perception.measure_state(at(truth, k))
            images = perception.corrupt_images({"head_rgb": np.full((16, 16, 3), k, np.uint8)})
            arrived = perception.deliver_observation({"joints": np.array(seen.joints), **images}, k)
            told += [array.tolist() for array in arrived.values()] + [seen.frames["target"]]
        return told

    used, fresh = seen_by(), seen_by()
    first = lived(used, 3)
    assert lived(used, 4) != first
    assert lived(used, 3) == first == lived(fresh, 3)


# --- actuation


def acting(task: Task, world: World, seed: int = 0) -> ActuationPipeline:
    world.reset(task, seed)
    actuator = ActuationPipeline(world)
    actuator.reset(task, seed)
    return actuator


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


def driven(world: World, control: str = "joint_delta", **faults: float) -> ActuationPipeline:
    return acting(replace(sample(grasp(control=control), (), 0), actuation=Actuation(**faults)), world)


@pytest.mark.parametrize("control", MODES)
def test_gain_scales_what_the_arm_is_told_and_leaves_the_hand_alone(world: World, control: str) -> None:
    actuator = driven(world, control, gain=0.6)
    executed = actuator.apply(np.ones(world.action_size))
    arm = world.action_size - sum(world.hand_command_counts)
    assert executed.tolist() == [0.6] * arm + [1.0]


def test_each_arm_is_followed_by_its_hand(world: World) -> None:
    task = sample(grasp(model="humanoid"), (), 0)
    world.reset(task, 0)
    assert build_arm_mask(world, task).tolist() == 2 * ([True] * 7 + [False])


def test_what_is_executed_stays_within_a_full_action(world: World) -> None:
    actuator = driven(world, gain=1.5, noise=1.0)
    executed = np.array([actuator.apply(np.full(world.action_size, 0.9)) for _ in range(100)])
    assert executed.max() == 1.0
    assert executed.min() >= -1.0


def test_action_noise_has_the_declared_deviation(world: World) -> None:
    actuator, sent = driven(world, noise=0.1), np.zeros(8)
    errors = np.array([actuator.apply(sent) for _ in range(MANY)])
    assert np.abs(errors.std(axis=0) / 0.1 - 1).max() < 0.03
    assert np.abs(errors.mean(axis=0)).max() < 4 * 0.1 / np.sqrt(MANY)
    assert kstest(errors.ravel() / 0.1, "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(errors.T) - np.eye(8)).max() < 4.5 / np.sqrt(MANY)


@pytest.mark.parametrize(("seconds", "waits"), [(0.02, 0), (0.05, 1), (0.15, 3)])
def test_a_delayed_action_acts_so_many_steps_later(world: World, seconds: float, waits: int) -> None:
    actuator = driven(world, delay=seconds)
    executed = [actuator.apply(np.full(8, 0.1 * k)) for k in range(6)]
    rest = [0.0] * 7 + [-1.0]  # joints stay, the hand is open
    assert [list(action) for action in executed[:waits]] == [rest] * waits
    assert [action[0] for action in executed[waits:]] == [0.1 * k for k in range(6 - waits)]


@pytest.mark.parametrize("control", [mode for mode in MODES if mode != "joint_torque"])
def test_until_the_first_action_is_due_the_robot_rests(world: World, control: str) -> None:
    actuator = driven(world, control, delay=1.0)
    begins = world.state
    for _ in range(15):
        state = world.step(actuator.apply(np.full(world.action_size, 0.7)))
    if not control.startswith("ee_"):  # there, only the palm is commanded
        assert np.array(state.joints) == pytest.approx(np.array(begins.joints), abs=3e-3)
    assert state.position("palm") == pytest.approx(begins.position("palm"), abs=3e-3)
    assert np.array(state.fingers) == pytest.approx(np.array(begins.fingers), abs=0.02)


@pytest.mark.parametrize("chance", [0.05, 0.3, 1.0])
def test_what_was_done_last_is_done_again_with_the_declared_probability(world: World, chance: float) -> None:
    actuator = driven(world, repeat=chance)
    executed = [actuator.apply(np.full(8, (k + 1) / MANY))[0] for k in range(MANY)]
    again = [b == a for a, b in pairwise([0.0, *executed])]  # before all else the robot rested
    assert np.mean(again) == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / MANY))
    assert all(x == (k + 1) / MANY for k, x in enumerate(executed) if not again[k])


def test_a_gain_may_change_during_an_episode(world: World) -> None:
    fading = {"actuation.gain": Schedule("drift", -0.1)}
    actuator = acting(replace(sample(grasp(), (), 0), schedules=fading), world)
    executed = [actuator.apply(np.full(8, 0.5))[0] for _ in range(60)]
    assert executed == pytest.approx([0.5 * (1 - 0.1 * k / 20) for k in range(60)])


def test_a_fault_of_actuation_more_changes_nothing_in_the_others(world: World) -> None:
    sent = np.zeros(8)
    noisy = driven(world, noise=0.1)
    alone = [noisy.apply(sent).tolist() for _ in range(80)]
    both = driven(world, noise=0.1, gain=0.5, delay=0.02)
    assert [both.apply(sent).tolist() for _ in range(80)] == alone


# --- backlash


def test_backlash_holds_until_the_command_has_crossed_the_band() -> None:
    """0.4 wide: the first 0.2 are lost either way, and all 0.4 where the command turns back."""
    play = Backlash(0.4, [0.0, 1.0])
    commands = [0.1, 0.2, 0.5, 1.0, 0.9, 0.6, 0.5, 0.0, 0.3, 0.5]
    driven = [play.follow([c, 1.0 - c]) for c in commands]
    expected = [0.0, 0.0, 0.3, 0.8, 0.8, 0.8, 0.7, 0.2, 0.2, 0.3]
    assert [d[0] for d in driven] == pytest.approx(expected)
    assert [1.0 - d[1] for d in driven] == pytest.approx(expected)


@given(st.floats(0.0, 0.2), st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=50))
def test_backlash_never_exceeds_half_its_width_and_moves_no_more_than_it_must(width: float, way: list[float]) -> None:
    play, before = Backlash(width, [0.0]), 0.0
    for command in way:
        [driven] = play.follow([command])
        assert abs(driven - command) <= 0.5 * width + 1e-12
        if abs(before - command) <= 0.5 * width:
            assert driven == before
        before = driven


@pytest.mark.parametrize("control", ["joint_delta", "joint_position", "ee_delta", "ee_translation"])
def test_joints_with_backlash_stop_half_its_width_from_the_command(world: World, control: str) -> None:
    width, task = 0.04, sample(grasp(control=control), (), 0)
    world.reset(replace(task, robot=replace(task.robot, backlash=width)), 0)
    begins, rest = np.array(world.state.joints), compute_hold_action(world, task)
    push = rest + 0.3 * (np.arange(world.action_size) == 1)
    for k in range(40):
        state = world.step(push if control == "joint_position" or k < 3 else rest)
    travelled, behind = (np.abs(np.array(state.targets) - place) for place in (begins, state.joints))
    assert travelled.max() > width
    assert behind[np.argmax(travelled)] == pytest.approx(0.5 * width, abs=1e-3)
    assert behind.max() < 0.5 * width + 1e-3


@pytest.mark.parametrize("control", ["joint_velocity", "joint_torque"])
def test_backlash_is_refused_where_motors_have_no_targets(world: World, control: str) -> None:
    task = sample(grasp(control=control), (), 0)
    with pytest.raises(ConfigError, match=r"robot\.backlash: 0\.01 rad has no meaning with control"):
        world.reset(replace(task, robot=replace(task.robot, backlash=0.01)), 0)

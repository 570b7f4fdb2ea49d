"""What is measured of an episode, against known physics and known curves."""

from dataclasses import replace

import numpy as np
import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.policies.policy import FunctionPolicy
from mygym_lite.policies.policy_lookup import make_policy
from mygym_lite.rollout import motion
from mygym_lite.rollout.episode import EpisodeSpec
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import run_episode
from mygym_lite.terms import load_task

GRAVITY = 9.81  # m/s²
HERTZ = 20.0


def still(_observation):
    return np.zeros(8)


def waiting(**limits: float) -> EpisodeRecord:
    """One second beside a cube that lies on the table."""
    task = load_task("grasp")
    task = replace(task, episode=replace(task.episode, seconds=1.0), limits=limits)
    return run_episode(EpisodeSpec(task, 0), FunctionPolicy(still))


def test_a_cube_at_rest_presses_with_its_weight():
    with TaskEnv("grasp") as env:
        env.reset(seed=0)
        weight = env.episode_task.objects["target"].mass * GRAVITY
    force = waiting().forces["object_table"]
    assert force.mean == pytest.approx(weight, rel=1e-3)
    assert force.impulse == pytest.approx(weight * 1.0, rel=1e-3)
    assert force.peak == pytest.approx(weight, rel=0.02)


def test_what_never_touched_has_no_mean_force():
    force = waiting().forces["hand_object"]
    assert (force.peak, force.mean, force.impulse) == (0.0, None, 0.0)


def test_time_above_a_limit_counts_physics_steps():
    assert waiting(object_table=0.5).forces["object_table"].seconds_above == pytest.approx(1.0, abs=0.05)
    assert waiting(object_table=2.0).forces["object_table"].seconds_above == 0.0
    assert waiting().forces["object_table"].seconds_above is None  # no limit is not a limit that was kept


@pytest.mark.parametrize(
    ("limits", "message"),
    [({"hand_objct": 5.0}, "did you mean 'hand_object'"), ({"hand_object": 0.0}, "is 0 N; a limit is above 0")],
)
def test_limits_that_make_no_sense(limits, message):
    with pytest.raises(ConfigError, match=message):
        load_task(replace(load_task("grasp"), limits=limits))


def test_a_robot_that_stands_still_costs_nothing_to_speak_of():
    record = waiting()
    assert record.path_length < 0.01
    assert record.energy < 0.1
    assert record.joint_limit_hits == 0
    assert record.duration == 1.0


def test_way_round_a_circle():
    turn = np.linspace(0, 2 * np.pi, 1000)
    circle = 0.1 * np.column_stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)])
    assert motion.compute_path_length(circle) == pytest.approx(0.2 * np.pi, rel=1e-4)


def test_jerk_of_a_cubic_is_constant():
    seconds = np.arange(0, 2, 1 / HERTZ)
    velocity = np.column_stack([3 * seconds**2, np.zeros_like(seconds), np.zeros_like(seconds)])  # of x = t³
    assert motion.compute_peak_jerk(velocity, HERTZ) == pytest.approx(6.0)
    assert motion.compute_peak_jerk(velocity[:2], HERTZ) is None


def bell(seconds: np.ndarray, duration: float) -> np.ndarray:
    """Speed of the smoothest way from one point to another."""
    share = np.clip(seconds / duration, 0, 1)
    return 30 / duration * (share**2 - 2 * share**3 + share**4)


def test_smoothness_orders_movements():
    seconds = np.arange(0, 2, 1 / HERTZ)
    smooth = bell(seconds, 2.0)
    halting = bell(seconds % 1.0, 1.0)  # two movements instead of one
    shaking = np.abs(smooth + 0.5 * np.sin(2 * np.pi * 7 * seconds))
    scores = [motion.compute_sparc(speeds, HERTZ) for speeds in (smooth, halting, shaking)]
    assert -1.7 < scores[0] < -1.3  # of a single bell it is known to be about -1.4 to -1.6
    assert scores[0] > scores[1] > scores[2]


def test_smoothness_does_not_depend_on_speed_and_needs_a_movement():
    smooth = bell(np.arange(0, 2, 1 / HERTZ), 2.0)
    assert motion.compute_sparc(3.0 * smooth, HERTZ) == pytest.approx(motion.compute_sparc(smooth, HERTZ))
    assert motion.compute_sparc(np.zeros(40), HERTZ) is None


def test_work_counts_braking_too():
    torques, speeds = np.array([[2.0], [-2.0]]), np.array([[1.0], [1.0]])
    assert motion.compute_energy(torques, speeds, HERTZ) == pytest.approx(4.0 / HERTZ)


def test_joint_limits_count_arrivals():
    joints = np.array([[0.0], [0.995], [1.0], [0.5], [-1.0]])
    assert motion.count_joint_limit_hits(joints, ([-1.0], [1.0])) == 2


def test_a_record_survives_its_line():
    record = waiting(object_table=0.5)
    line = record.to_line()
    assert line.count("\n") == 1
    again = EpisodeRecord.from_line(line)
    assert again == record
    assert (again.digest, again.wall) == (record.digest, record.wall)


def test_the_digest_leaves_out_wall_time_and_nothing_else():
    record = waiting()
    assert replace(record, wall={"seconds": 99.0}).digest == record.digest
    assert replace(record, energy=record.energy + 1e-12).digest != record.digest


@pytest.mark.parametrize("wrong", ["", "{}", '{"digest": 1, "wall": {}}', "[1]", "nonsense"])
def test_lines_that_are_no_records(wrong):
    with pytest.raises(ConfigError, match="is not a record of an episode"):
        EpisodeRecord.from_line(wrong)


def test_a_record_that_was_changed_is_noticed():
    line = waiting().to_line().replace('"success":false', '"success":true', 1)
    with pytest.raises(ConfigError, match="was changed"):
        EpisodeRecord.from_line(line)


def test_peak_mean_and_impulse_are_those_of_all_moments_together():
    """Of an expert's grasp, in which the forces change from moment to moment."""
    with TaskEnv("grasp") as env:
        touches = []
        policy = make_policy("expert", env)
        record = run_episode(
            EpisodeSpec(env.task, 0), policy, env, lambda info: touches.append(env.state.touch("hand", "objects"))
        )
        touched = [touch for touch in touches[1:] if touch.mean > 0.0]  # the first is the start
    force = record.forces["hand_object"]
    assert force.peak == max(touch.peak for touch in touched) > touched[-1].peak
    assert force.mean == pytest.approx(sum(touch.mean for touch in touched) / len(touched))
    assert force.mean < max(touch.mean for touch in touched)
    assert force.impulse == pytest.approx(sum(touch.impulse for touch in touches[1:]))


def test_rewards_are_summed_term_by_term():
    with TaskEnv("reach", settings=["episode.seconds=0.5"]) as env:
        seen = []
        record = run_episode(EpisodeSpec(env.task, 0), make_policy("random", env), env, seen.append)
    terms = {name: sum(info["reward_terms"][name] for info in seen[1:]) for name in record.reward_terms}
    assert record.reward_terms == pytest.approx(terms)
    assert record.reward == pytest.approx(sum(terms.values()))
    assert len(seen) > 2


def test_of_two_arms_the_rougher_one_is_told_and_both_ways_are_summed():
    """The right arm is shaken, the left one moves evenly."""
    rng = np.random.default_rng(0)
    with TaskEnv("reach", robot="humanoid", settings=["episode.seconds=1"]) as env:
        states = []
        shaking = FunctionPolicy(lambda _: np.concatenate([rng.uniform(-1, 1, 3), [0.0], [0.3, 0.0, 0.0], [0.0]]))
        record = run_episode(EpisodeSpec(env.task, 0), shaking, env, lambda _: states.append(env.state))
    ways = [np.array([s.position(palm) for s in states]) for palm in ("palm", "left_palm")]
    speeds = [np.array([s.motions[palm].linear for s in states]) for palm in ("palm", "left_palm")]
    right, left = (motion.compute_sparc(np.linalg.norm(v, axis=1), HERTZ) for v in speeds)
    assert record.sparc == pytest.approx(right)
    assert right < left
    jerks = [motion.compute_peak_jerk(v, HERTZ) for v in speeds]
    assert record.peak_jerk == pytest.approx(jerks[0])
    assert jerks[0] > jerks[1]
    assert record.path_length == pytest.approx(sum(map(motion.compute_path_length, ways)))

"""Corrections of actions: gripper, units, order, signs, absolute targets and the rate of a chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.optimize import linear_sum_assignment

from mygym_lite.harness.contract.correction import Correction, Part
from mygym_lite.harness.contract.expert_episodes import ActionSpace, Array
from mygym_lite.harness.contract.linear_change import LinearChange
from mygym_lite.harness.contract.predictions import Prediction

GRIPPER, UNITS, ORDER, SIGN, REFERENCE, RATE = (
    "gripper",
    "units of actions",
    "order of actions",
    "signs of actions",
    "absolute or delta",
    "rate of chunks",
)
_GRIPPERS: Mapping[str, tuple[float, float]] = {
    "closes where ours opens": (-1.0, 0.0),
    "is 0 open to 1 closed, ours -1 to 1": (2.0, -1.0),
    "is 1 open to 0 closed, ours -1 to 1": (-2.0, 1.0),
}
_RATES = (2, 3, 4, 5)
_MIN_CORRELATION = 0.3  # of a component with that of the expert, to call its sign wrong


def list_action_corrections(
    space: ActionSpace, rows: Array, expert: Array, control_hz: float, is_chunked: bool
) -> Iterator[Correction]:
    """List corrections of the actions of a policy.

    Args:
        space: Meaning of actions.
        rows: Actions of the policy.
        expert: Actions of the expert at the same steps.
        control_hz: Rate of the task, Hz.
        is_chunked: Whether an inference gives several actions.
    """
    size = rows.shape[1]
    for mistake, (scale, shift) in _GRIPPERS.items():
        change = LinearChange.make(size, space.hand, scale, shift)
        yield _make_linear(GRIPPER, f"the gripper {mistake}", "hand", change)
    for unit, scale in _list_units(space).items():
        yield _make_linear(UNITS, f"actions are in {unit}", "arm", LinearChange.make(size, space.arm, scale))
    yield from _list_fits(space, rows, expert)
    yield from _list_references(space, size)
    if is_chunked:
        yield from _list_rates(space, control_hz)


def _list_units(space: ActionSpace) -> dict[str, float]:
    """List the factors of wrong units of the arm's actions."""
    factors = {"degrees, not radians": math.radians(1.0), "radians, not degrees": math.degrees(1.0)}
    if not space.commands_changes:
        return factors
    if space.control == "joint_delta":
        physical = {"radians": 1.0 / space.full_action, "degrees": math.radians(1.0) / space.full_action}
    else:
        physical = {name: 1.0 / (n * space.full_action) for name, n in (("metres", 1), ("cm", 100), ("mm", 1000))}
    return factors | {f"{unit} per step, not normalised": factor for unit, factor in physical.items()}


def _make_linear(aspect: str, mistake: str, part: Part, change: LinearChange) -> Correction:
    return Correction(aspect, mistake, part=part, actions=lambda actions, _: change.apply(actions), linear=change)


def _list_fits(space: ActionSpace, rows: Array, expert: Array) -> Iterator[Correction]:
    """List the best order and the best signs of the arm's components, by their correlation with the expert's."""
    correlation, size = _correlate(rows[:, space.arm], expert[:, space.arm]), rows.shape[1]
    found, ours = linear_sum_assignment(-correlation)
    order = np.arange(size)
    order[ours] = found
    reordered = replace(LinearChange.make(size), order=order)
    yield _make_linear(ORDER, "components of the arm are in another order", "arm", reordered)
    signs = np.where(np.diagonal(correlation) < -_MIN_CORRELATION, -1.0, 1.0)
    negated = LinearChange.make(size, space.arm, signs)
    yield _make_linear(SIGN, "components of the arm are negated", "arm", negated)


def _correlate(rows: Array, expert: Array) -> Array:
    """Correlate each component of the policy, by row, with each of the expert, by column."""
    policy, ours = (values - values.mean(axis=0) for values in (rows, expert))
    norms = np.outer(np.linalg.norm(policy, axis=0), np.linalg.norm(ours, axis=0))
    correlation: Array = np.nan_to_num(policy.T @ ours) / np.maximum(np.nan_to_num(norms), 1e-9)
    return correlation


def _list_references(space: ActionSpace, size: int) -> Iterator[Correction]:
    """List absolute joint positions for changes, and changes for absolute joint positions."""
    half, middle = 0.5 * (space.high - space.low), 0.5 * (space.high + space.low)
    if space.control == "joint_position":
        mistake, remedy = "actions are changes of the joints, not positions", "--set robot.control=joint_delta"
        yield Correction(REFERENCE, mistake, remedy, "arm", partial(_compute_positions, space, half, middle))
    if space.control != "joint_delta":
        return
    remedy = "--set robot.control=joint_position"
    for unit, factor in {"radians": 1.0, "degrees": math.radians(1.0)}.items():
        mistake, change = f"actions are joint positions in {unit}, not changes", partial(_compute_changes, space)
        correct = partial(change, np.full_like(half, factor), np.zeros_like(half))
        linear = LinearChange.make(size, space.arm, factor / half, -middle / half)
        yield Correction(REFERENCE, mistake, remedy, "arm", correct, linear=linear)
    mistake = "actions are joint positions, -1 to 1, not changes"
    yield Correction(REFERENCE, mistake, remedy, "arm", partial(_compute_changes, space, half, middle))


def _compute_changes(space: ActionSpace, factor: Array, offset: Array, actions: Array, prediction: Prediction) -> Array:
    """Compute the changes that lead to the joint positions of a chunk."""
    changes, present = actions.copy(), _get_joints(prediction, len(actions))
    changes[:, space.arm] = (actions[:, space.arm] * factor + offset - present) / space.full_action
    return changes


def _compute_positions(space: ActionSpace, half: Array, middle: Array, actions: Array, prediction: Prediction) -> Array:
    """Compute the normalised joint positions to which the changes of a chunk lead."""
    positions, present = actions.copy(), _get_joints(prediction, len(actions))
    positions[:, space.arm] = (present + actions[:, space.arm] * space.full_action - middle) / half
    return positions


def _get_joints(prediction: Prediction, count: int) -> Array:
    """Return the joint positions before each action of a chunk, rad; the last known ones beyond the episode."""
    joints = prediction.episode.joints
    steps: Array = joints[np.minimum(prediction.step + np.arange(count), len(joints) - 1)]
    return steps


def _list_rates(space: ActionSpace, control_hz: float) -> Iterator[Correction]:
    """List chunks that were trained at a slower or faster rate than that of the task."""
    for ratio in _RATES:
        for word, hz, correct in (
            ("slower", control_hz / ratio, partial(_stretch, space, ratio)),
            ("faster", control_hz * ratio, partial(_compress, space, ratio)),
        ):
            mistake = f"chunks are of a {word} rate, about {hz:g} Hz"
            yield Correction(RATE, mistake, f"--set episode.control_hz={hz:g}", "arm", correct)


def _stretch(space: ActionSpace, ratio: int, actions: Array, _prediction: Prediction) -> Array:
    """Spread each action of a chunk over several steps."""
    rows = np.repeat(actions, ratio, axis=0)
    if space.commands_changes:
        rows[:, space.arm] /= ratio
    return rows


def _compress(space: ActionSpace, ratio: int, actions: Array, _prediction: Prediction) -> Array:
    """Join several actions of a chunk into one step."""
    count = len(actions) // ratio
    if count == 0:
        return actions
    groups = actions[: count * ratio].reshape(count, ratio, -1)
    rows = groups[:, -1].copy()
    if space.commands_changes:
        rows[:, space.arm] = groups[:, :, space.arm].sum(axis=1)
    return rows

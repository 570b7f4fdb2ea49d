"""Corrections of observations: colours, orientation and range of images, exchanged cameras, and units of the state."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.harness.contract.correction import Correction
from mygym_lite.harness.contract.expert_episodes import Array, describe_actions

COLORS, ORIENTATION, RANGE, CAMERAS, STATE = (
    "colours of images",
    "orientation of images",
    "range of images",
    "cameras",
    "units of the state",
)
IMAGE_ASPECTS = (COLORS, ORIENTATION, RANGE)
_FLIPS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "upside down": ("vertical", (0,)),
    "mirrored": ("horizontal", (1,)),
    "turned by 180 degrees": ("both", (0, 1)),
}
_LENGTHS = ("position", "offset", "offset_in_hand", "extents", "height_gain")
_ANGLES = ("finger_positions", "joint_errors")


def list_images(observation: Observation) -> list[str]:
    """List the colour images of an observation."""
    return [name for name, array in observation.items() if name.endswith("_rgb") and array.ndim == 3]


def list_observation_corrections(env: TaskEnv, observation: Observation) -> Iterator[Correction]:
    """List corrections of the arrays that a policy observes."""
    images = list_images(observation)
    if images:
        yield from _list_image_corrections(images)
    for first, second in combinations(images, 2):
        cameras = " and ".join(f"'{name.removesuffix('_rgb')}'" for name in (first, second))
        remedy = f"exchange the cameras {cameras} in the mapping"
        yield Correction(
            CAMERAS, f"the cameras {cameras} are exchanged", remedy, observation=partial(exchange, first, second)
        )
    yield from _list_state_corrections(env)


def exchange(first: str, second: str, observation: Observation) -> Observation:
    """Exchange two arrays of an observation."""
    return {**observation, first: observation[second], second: observation[first]}


def _list_image_corrections(images: Sequence[str]) -> Iterator[Correction]:
    def change(function: Callable[[Array], Array]) -> Callable[[Observation], Observation]:
        return lambda observation: {
            **observation,
            **{name: np.ascontiguousarray(function(observation[name])) for name in images},
        }

    reverse = change(lambda image: image[..., ::-1])
    yield Correction(COLORS, "the policy wants BGR", 'of images: channels = "BGR"', observation=reverse)
    for word, (flip, axes) in _FLIPS.items():
        turn = change(partial(np.flip, axis=axes))
        yield Correction(
            ORIENTATION, f"the policy wants images {word}", f'of images: flip = "{flip}"', observation=turn
        )
    for numbers, factor in {"0 to 1": 1.0 / 255.0, "0 to 255": 255.0}.items():
        scale = change(partial(np.multiply, np.float32(factor)))
        remedy = f"of images: scale = {factor:.6g}" if factor < 1.0 else "of images: leave out scale"
        yield Correction(RANGE, f"the policy wants images of {numbers}", remedy, observation=scale)


def _list_state_corrections(env: TaskEnv) -> Iterator[Correction]:
    """List other units of joints, other angles and lengths."""
    space = describe_actions(env)
    half, middle = 0.5 * (space.high - space.low), 0.5 * (space.high + space.low)
    for unit, factor in {"radians": 1.0, "degrees": math.degrees(1.0)}.items():
        mistake = f"the policy wants joint positions in {unit}, ours are -1 to 1 of their ranges"
        numbers = [", ".join(f"{value:.6g}" for value in factor * values) for values in (half, middle)]
        remedy = 'of = "GROUP[FIRST:END]" of the joints, scale = [{}], shift = [{}]'.format(*numbers)
        convert = partial(_convert_joints, factor * half, factor * middle)
        if change := _make_change(env, ("joint_positions",), convert):
            yield Correction(STATE, mistake, remedy, observation=change)
    units = [("angles in degrees", _ANGLES, math.degrees(1.0)), ("lengths in cm", _LENGTHS, 100.0)]
    for unit, terms, factor in [*units, ("lengths in mm", _LENGTHS, 1000.0)]:
        remedy = f'of = "GROUP[FIRST:END]" of {", ".join(terms)}, scale = [{factor:.6g}]'
        if change := _make_change(env, terms, partial(np.multiply, np.float32(factor))):
            yield Correction(STATE, f"the policy wants {unit}", remedy, observation=change)


def _convert_joints(half: Array, middle: Array, values: Array) -> Array:
    """Convert normalised joint positions; those of other arms stay."""
    converted: Array = values.copy()
    converted[: len(half)] = values[: len(half)] * half + middle
    return converted


def _make_change(
    env: TaskEnv, terms: Sequence[str], function: Callable[[Array], Array]
) -> Callable[[Observation], Observation] | None:
    """Make the change of all entries of these terms; None if the environment observes none."""
    reader = env.observation_reader
    parts = [
        (group, reader.layout[group][entry])
        for group, entries in reader.terms.items()
        for entry, term in entries.items()
        if term.name in terms and group in env.observation_space.spaces  # type: ignore[attr-defined]
    ]

    def change(observation: Observation) -> Observation:
        changed = {name: observation[name].copy() for name in {group for group, _ in parts}}
        for group, part in parts:
            changed[group][part] = function(changed[group][part])
        return {**observation, **changed}

    return change if parts else None

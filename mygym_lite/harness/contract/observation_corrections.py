"""Corrections of observations: colours, orientation and range of images, and exchanged cameras; and of the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.harness.contract.correction import Correction
from mygym_lite.harness.contract.expert_episodes import Array
from mygym_lite.harness.contract.state_corrections import list_state_corrections

COLORS, ORIENTATION, RANGE, CAMERAS = "colours of images", "orientation of images", "range of images", "cameras"
_FLIPS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "upside down": ("vertical", (0,)),
    "mirrored": ("horizontal", (1,)),
    "turned by 180 degrees": ("both", (0, 1)),
}


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
    yield from list_state_corrections(env)


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

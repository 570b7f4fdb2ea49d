"""The engine's own software renderer: slow, without a display or a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybullet as bullet
from numpy.typing import NDArray

from mygym_lite.spec.task import Camera

_NEAR, _FAR = 0.02, 10.0  # m
_LIGHT = (0.6, 0.9, 2.0)


def draw(client: int, camera: Camera) -> NDArray[np.uint8]:
    """What a camera sees, (height, width, 3)."""
    picture: NDArray[np.uint8] = _image(client, camera)[0]
    return picture


def depth_of(client: int, camera: Camera) -> NDArray[np.float32]:
    """Distance along the optical axis, m, (height, width)."""
    buffer = _image(client, camera)[1]
    depth: NDArray[np.float32] = (_FAR * _NEAR / (_FAR - (_FAR - _NEAR) * buffer)).astype(np.float32)
    return depth


def _image(client: int, camera: Camera) -> tuple[Any, Any]:
    width, height = camera.size
    view = bullet.computeViewMatrix(camera.position, camera.look_at, (0.0, 0.0, 1.0))
    lens = bullet.computeProjectionMatrixFOV(camera.fov, width / height, _NEAR, _FAR)
    _, _, colors, depth, _ = bullet.getCameraImage(
        width, height, view, lens, lightDirection=_LIGHT, lightDistance=4.0, shadow=1, lightAmbientCoeff=0.55,
        lightDiffuseCoeff=0.45, lightSpecularCoeff=0.05, renderer=bullet.ER_TINY_RENDERER, physicsClientId=client,
    )  # fmt: skip
    rgb = np.reshape(np.asarray(colors, dtype=np.uint8), (height, width, 4))[:, :, :3]
    return np.ascontiguousarray(rgb), np.reshape(np.asarray(depth, dtype=np.float64), (height, width))

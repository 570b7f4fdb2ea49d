"""Layouts of a rotation in the input of a policy, converted from the x and z axes of the term ``orientation``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation

RotationLayout = Literal[
    "quaternion_xyzw", "quaternion_wxyz", "rotation_vector", "euler_xyz", "matrix", "two_columns", "two_rows"
]
AXES_SIZE = 6  # the x and the z axis

_CONVERSIONS: Mapping[RotationLayout, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "quaternion_xyzw": lambda matrix: _build_rotation(matrix).as_quat(canonical=True),
    "quaternion_wxyz": lambda matrix: _build_rotation(matrix).as_quat(canonical=True, scalar_first=True),
    "rotation_vector": lambda matrix: _build_rotation(matrix).as_rotvec(),
    "euler_xyz": lambda matrix: _build_rotation(matrix).as_euler("xyz"),
    "matrix": lambda matrix: matrix.ravel(),
    "two_columns": lambda matrix: matrix[:, :2].T.ravel(),
    "two_rows": lambda matrix: matrix[:2].ravel(),
}


def _build_rotation(matrix: NDArray[Any]) -> Rotation:
    from scipy.spatial.transform import Rotation  # slow to import, and most policies convert no rotation

    return Rotation.from_matrix(matrix)


def convert_axes(axes: NDArray[Any], layout: RotationLayout) -> NDArray[np.float32]:
    """Convert the x and z axes of a frame to another layout.

    Quaternions have a scalar part of 0 or more, Euler angles turn about the fixed axes x, y, z in this order, and
    ``two_columns`` holds the first column of the matrix, then the second. Zeros count as no rotation.

    Raises:
        ValueError: These are not two axes.
    """
    if axes.shape != (AXES_SIZE,):
        raise ValueError(f"has {axes.size} numbers, not the {AXES_SIZE} of an orientation, its x and z axes")
    if not axes.any():  # the observation of a broken simulation
        return _CONVERSIONS[layout](np.eye(3)).astype(np.float32)
    x, z = axes[:3] / np.linalg.norm(axes[:3]), axes[3:] / np.linalg.norm(axes[3:])
    return _CONVERSIONS[layout](np.stack([x, np.cross(z, x), z], axis=1)).astype(np.float32)

"""Sun and sky as the shading kernels want them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.render.texture import to_linear
from mygym_lite.spec.scenery import Background, Light
from mygym_lite.spec.sun import towards_sun

_SKY = (0.93, 0.97, 1.0)  # tint of the light from above
_GROUND = (0.52, 0.49, 0.46)  # of the light that the floor throws back


def lamps(light: Light, background: Background, offset: float) -> NDArray[np.float64]:
    """Rows (7, 3): towards the sun, its colour, sky above, sky below, background above and below, shadow and offset.

    Args:
        light: As the task declares it.
        background: What is seen past everything.
        offset: How far from a surface its shadow is looked up, m.
    """
    color = to_linear(np.array(light.color))
    rows = np.zeros((7, 3))
    rows[0], rows[1] = towards_sun(light), light.intensity * color
    rows[2], rows[3] = light.ambient * np.array(_SKY), light.ambient * np.array(_GROUND)
    rows[4], rows[5] = to_linear(np.array(background.top)), to_linear(np.array(background.bottom))
    rows[6, :2] = light.shadow, offset
    return rows

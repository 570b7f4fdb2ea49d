"""Pictures read from files by whatever path."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_image(path: Path) -> NDArray[np.uint8] | None:
    """Read a picture in BGR; None if it is missing or damaged.

    OpenCV is given the bytes, not the path: it ends the process at a path that is not UTF-8.
    """
    import cv2

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    return None if picture is None else picture.astype(np.uint8, copy=False)

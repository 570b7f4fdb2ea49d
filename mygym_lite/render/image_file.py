"""Image files, read from any path."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_image(path: Path) -> NDArray[np.uint8] | None:
    """Read an image as BGR; return None if it is missing or damaged.

    OpenCV decodes bytes, because it aborts the process at a path that is not UTF-8.
    """
    import cv2

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    return None if image is None else image.astype(np.uint8, copy=False)

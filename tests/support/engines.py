"""The physics engines that tests compare."""

from __future__ import annotations

import pytest

ENGINES = ("bullet", "mujoco")


def require_engine(name: str) -> str:
    """Return the name of an engine; skip the test if its package is not installed."""
    if name == "mujoco":
        pytest.importorskip("mujoco")
    return name

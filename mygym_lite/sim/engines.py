"""The engines by name; each is imported when a task first asks for it."""

from __future__ import annotations

import importlib.util

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.sim.engine import Engine


def make_engine(name: str, visuals: bool, gui: bool) -> Engine:
    """Make an engine.

    Args:
        name: ``bullet`` or ``mujoco``.
        visuals: Load visual shapes for the renderer of the engine.
        gui: Open a window.
    """
    if name == "mujoco":
        return _make_mujoco_engine(visuals)
    from mygym_lite.sim.bullet.engine import BulletEngine

    return BulletEngine(visuals, gui)


def _make_mujoco_engine(visuals: bool) -> Engine:
    if importlib.util.find_spec("mujoco") is None:
        raise ConfigError("physics.engine: 'mujoco' is not installed; pip install 'mygym_lite[mujoco]'")
    if visuals:
        raise UsageError(
            "physics.engine: 'mujoco' has neither a window nor the renderer 'tiny'; "
            "use the renderer 'raster', a video instead of a window, or physics.engine=bullet"
        )
    from mygym_lite.sim.mujoco.engine import MujocoEngine

    return MujocoEngine()

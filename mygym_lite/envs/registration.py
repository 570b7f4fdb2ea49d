"""The environments' ids: two for a shipped task that has a goal, one for another, and two for tasks of your own."""

from __future__ import annotations

import tomllib

from mygym_lite import paths

_PLAIN = "mygym_lite.envs.task_env:TaskEnv"
_GOAL = "mygym_lite.envs.goal_env:GoalEnv"
_VECTOR = "mygym_lite.envs.vector.env:{}"


def list_env_ids() -> list[str]:
    """Every id of a shipped task."""
    return [
        format_env_id(name, goal)
        for name, has_goal in _shipped().items()
        for goal in ([False, True] if has_goal else [False])
    ]


def format_env_id(task: str, goal: bool = False) -> str:
    """``grasp_any`` is ``mygym_lite/GraspAny-v0``, and with goals ``mygym_lite/GraspAnyGoal-v0``."""
    words = "".join(word.capitalize() for word in task.split("_"))
    return f"mygym_lite/{words}{'Goal' if goal else ''}-v0"


def register() -> None:
    """Make the ids known to ``gymnasium.make``."""
    for name, has_goal in _shipped().items():
        _register(format_env_id(name), False, {"task": name})
        if has_goal:
            _register(format_env_id(name, True), True, {"task": name})
    _register("mygym_lite/Task-v0", False, {})
    _register("mygym_lite/TaskGoal-v0", True, {})


def _register(name: str, goal: bool, settings: dict[str, str]) -> None:
    import gymnasium as gym  # here, so that importing this module first does not import it halfway through

    gym.register(
        name,
        entry_point=_GOAL if goal else _PLAIN,
        vector_entry_point=_VECTOR.format("make_goal_vector_env" if goal else "make_task_vector_env"),
        kwargs=settings,
    )


def _shipped() -> dict[str, bool]:
    """Task names, and whether a goal is declared; files that do not parse are left to whoever loads them."""
    found = {}
    for name in paths.list_names(paths.get_tasks_folder()):
        try:
            found[name] = "goal" in tomllib.loads(
                (paths.get_tasks_folder() / f"{name}.toml").read_text(encoding="utf-8")
            )
        except (OSError, ValueError):
            found[name] = False
    return found

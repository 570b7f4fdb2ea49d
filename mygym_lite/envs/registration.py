"""Registration of environment ids: two for a shipped task with a goal, one for others, two for custom tasks."""

from __future__ import annotations

import tomllib

from mygym_lite import paths
from mygym_lite.envs.goal_conditions import read_goal_tolerances

_PLAIN = "mygym_lite.envs.task_env:TaskEnv"
_GOAL = "mygym_lite.envs.goal_env:GoalEnv"
_VECTOR = "mygym_lite.envs.vector.env:{}"


def list_env_ids() -> list[str]:
    """List the ids of the shipped tasks."""
    return [
        format_env_id(name, goal)
        for name, has_goal in _find_goals().items()
        for goal in ([False, True] if has_goal else [False])
    ]


def format_env_id(task: str, goal: bool = False) -> str:
    """Format an id: ``grasp_any`` is ``mygym_lite/GraspAny-v0``, goal-conditioned ``mygym_lite/GraspAnyGoal-v0``."""
    words = "".join(word.capitalize() for word in task.split("_"))
    return f"mygym_lite/{words}{'Goal' if goal else ''}-v0"


def register() -> None:
    """Register the ids in Gymnasium."""
    for name, has_goal in _find_goals().items():
        _register(format_env_id(name), False, {"task": name})
        if has_goal:
            _register(format_env_id(name, True), True, {"task": name})
    _register("mygym_lite/Task-v0", False, {})
    _register("mygym_lite/TaskGoal-v0", True, {})


def _register(name: str, goal: bool, settings: dict[str, str]) -> None:
    import gymnasium as gym  # imported late, since Gymnasium may be importing this module

    gym.register(
        name,
        entry_point=_GOAL if goal else _PLAIN,
        vector_entry_point=_VECTOR.format("make_goal_vector_env" if goal else "make_task_vector_env"),
        kwargs=settings,
    )


def _find_goals() -> dict[str, bool]:
    """Map the shipped tasks to True if a goal decides their success; invalid files raise when they are loaded."""
    goals, folder = {}, paths.get_tasks_folder()
    for name in paths.list_names(folder):
        try:
            table = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
            goals[name] = read_goal_tolerances(table.get("success", {}), table.get("regions", {})) is not None
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            goals[name] = False
    return goals

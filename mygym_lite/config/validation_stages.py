"""Validation of the stages of a task: names, checks, and names of reward terms."""

from __future__ import annotations

from mygym_lite.config.stage import BONUS, DONE, Stage, list_reward_names
from mygym_lite.config.task import Task
from mygym_lite.schema import Location


def check_stages(task: Task, location: Location) -> None:
    """Check that every stage has checks, and that all names of stages and of reward terms are different."""
    names: list[str] = []
    rewards = set(task.reward)
    for index, stage in enumerate(task.stages):
        where = location.at("stages", str(index))
        _check_stage(stage, where)
        if stage.name in names:
            first = f"stages.{names.index(stage.name)}"
            raise where.at("name").error(f"'{stage.name}' is the name of {first} already; use another name")
        names.append(stage.name)
        for name in list_reward_names(stage):
            if name in rewards:
                raise where.error(f"its reward term '{name}' is one of [reward] too; rename that or the stage")


def _check_stage(stage: Stage, where: Location) -> None:
    if stage.name == DONE:
        raise where.at("name").error(f"'{DONE}' is reserved for episodes that reached all stages; use another name")
    if "." in stage.name:
        raise where.at("name").error(f"'{stage.name}' has a dot, which separates stage and term; use '_' or '-'")
    if not stage.checks:
        raise where.at("checks").error(f"is empty; say when '{stage.name}' is reached")
    if BONUS in stage.reward:
        raise where.at("reward", BONUS).error("is reserved for the bonus of the stage; use another name")

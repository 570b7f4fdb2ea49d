"""Validation of draws without replacement."""

from __future__ import annotations

from mygym_lite.config.draws import list_values
from mygym_lite.config.field_path import match_paths
from mygym_lite.config.start import Draw
from mygym_lite.config.task import Task
from mygym_lite.schema import Location


def check_draws(task: Task, location: Location) -> None:
    """Validate draws: enough values, and paths that nothing else of the start decides."""
    taken = {p: f"[start] {path}" for path in task.start for p in match_paths(task, path, location.at("start"))}
    for name, draw in task.draws.items():
        where = location.at("draws", name)
        _check_count(draw, where)
        for path in draw.flat_paths:
            _check_path(task, path, where.at("paths"))
            if path in taken:
                raise where.at("paths").error(f"'{path}' is in {taken[path]} too; remove one")
            taken[path] = f"[draws.{name}]"


def _check_count(draw: Draw, where: Location) -> None:
    if not draw.paths or not all(draw.groups):
        raise where.at("paths").error("is empty; name at least one path")
    where = where.at("values")
    values = list_values(draw, where)
    if len(values) < len(draw.groups):
        raise where.error(f"has {len(values)} values for {len(draw.groups)} paths; add values or remove paths")


def _check_path(task: Task, path: str, where: Location) -> None:
    if match_paths(task, path, where) != [path]:
        raise where.error(f"'{path}' is a pattern, but each path takes a value of its own; write the paths out")
    table, name, *field = [*path.split("."), ""]
    if table == "objects" and name in task.place and field[0] in ("position", "nudge"):
        raise where.error(f"'{path}' is decided by [place.{name}] too; remove one")

"""Show a task: every field with its unit and bounds, what is seen, what an action means, where episodes start."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import add_json, add_task, make_env
from mygym_lite.cli.output import table, write_json

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv

_TERMS = ("reward", "success", "failure")


def configure(parser: argparse.ArgumentParser) -> None:
    """Which task."""
    add_task(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the task in sections."""
    with closing(make_env(arguments)) as env:
        document = _document(env, arguments.task)
    if arguments.json:
        write_json(out, document)
    else:
        out.write(_page(document))
    return 0


def _document(env: TaskEnv, name: str) -> dict[str, Any]:
    import gymnasium

    from mygym_lite import paths
    from mygym_lite.cli import describe
    from mygym_lite.spec.sample import resolve
    from mygym_lite.spec.task import read_task
    from mygym_lite.strict import read_toml

    task, file = env.task, paths.find(paths.tasks(), name)
    ids = [name for name, spec in gymnasium.registry.items() if spec.kwargs.get("task") == task.name]
    components = describe.action(task.robot, env.world.robot_model, env.world.hand_commands)
    return {
        "task": task.name,
        "about": task.about,
        "file": str(file),
        "ids": ids,
        "steps": {"actions": task.max_steps, "physics_per_action": task.substeps},
        "fields": describe.fields(task, resolve(task), read_task(name), read_toml(file)),
        "observation": {
            group: {term: [part.start, part.stop] for term, part in parts.items()}
            for group, parts in env.sensing.layout.items()
        },
        "action": {"size": len(components), "control": task.robot.control, "components": components},
        **{kind: getattr(task, kind) for kind in _TERMS},
        "start": task.start,
    }


def _page(shown: dict[str, Any]) -> str:
    """The document for people."""
    first = f"{shown['task']}: {shown['about']}\n{', '.join([*shown['ids'], shown['file']])}\n"
    steps = "{actions} actions at most, {physics_per_action} physics steps each\n".format(**shown["steps"])
    terms = [
        _section(kind, head, [(name, _written(call)) for name, call in shown[kind].items()])
        for kind, head in (*((kind, ("name", "term")) for kind in _TERMS), ("start", ("path", "drawn")))
    ]
    return "\n".join([first + steps, _fields(shown), _observation(shown), _action(shown), *filter(None, terms)])


def _section(title: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    return f"{title}\n{table(head, rows)}" if rows else ""


def _fields(shown: dict[str, Any]) -> str:
    columns = ("path", "value", "unit", "low", "high", "default", "from", "about")
    return _section("fields", columns, [tuple(row[c] for c in columns) for row in shown["fields"]])


def _observation(shown: dict[str, Any]) -> str:
    rows = [
        (group, term, f"{start}:{stop}")
        for group, parts in shown["observation"].items()
        for term, (start, stop) in parts.items()
    ]
    return _section("observation", ("group", "term", "numbers"), rows)


def _action(shown: dict[str, Any]) -> str:
    columns = ("index", "arm", "name", "meaning", "full", "unit")
    rows = [tuple(row[c] for c in columns) for row in shown["action"]["components"]]
    return _section(f"action ({shown['action']['control']}, each number in [-1, 1])", columns, rows)


def _written(call: dict[str, Any]) -> str:
    """A term as its file has it."""
    return ", ".join(f"{key} = {value!r}" for key, value in call.items()).replace("'", '"')

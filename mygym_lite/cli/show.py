"""Show a task: fields with units and bounds, observation, action, reward, success and start distribution."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import add_json, add_settings, add_task, make_env
from mygym_lite.cli.output import format_field_table, format_table, get_width, write_json

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.terms.registry import Kind

_WIDE = ("path", "value", "unit", "low", "high", "default", "source", "about")
_NARROW = ("path", "value", "unit", "source", "about")  # for narrow terminals; --json has all columns
_TERMS: dict[str, Kind] = {"reward": "reward", "success": "check", "failure": "check"}
_STAGE_TERMS: dict[str, Kind] = {"checks": "check", "reward": "reward"}
_START = (("start", ("path", "distribution")), ("draws", ("name", "values")), ("place", ("object", "place")))


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task."""
    add_task(parser)
    add_settings(parser)
    declared = "show only the fields that the task file or this command sets"
    parser.add_argument("--declared", action="store_true", help=declared)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the task in sections."""
    from mygym_lite.cli import describe

    with closing(make_env(arguments)) as env:
        document = _build_document(env, arguments.task)
    if arguments.declared:
        document["fields"] = [field for field in document["fields"] if field["source"] in describe.EXPLICIT_SOURCES]
    if arguments.json:
        write_json(out, document)
    else:
        _Page(out).write(document)
    return 0


def _build_document(env: TaskEnv, name: str) -> dict[str, Any]:
    import gymnasium

    from mygym_lite import paths
    from mygym_lite.cli import describe
    from mygym_lite.config.sampling import resolve
    from mygym_lite.config.task import read_task
    from mygym_lite.documents import read_toml
    from mygym_lite.fingerprint import to_plain_data

    task, file = env.task, paths.find_file(paths.get_tasks_folder(), name)
    ids = [name for name, spec in gymnasium.registry.items() if spec.kwargs.get("task") == task.name]
    components = describe.describe_action(task.robot, env.world.robot_model, env.world.hand_command_counts)
    return {
        "task": task.name,
        "about": task.about,
        "file": str(file),
        "ids": ids,
        "steps": {"actions": task.max_steps, "physics_per_action": task.substeps},
        "fields": describe.describe_fields(task, resolve(task), read_task(name), read_toml(file)),
        "observation": {
            group: {term: [part.start, part.stop] for term, part in parts.items()}
            for group, parts in env.observation_reader.layout.items()
        },
        "action": {"size": len(components), "control": task.robot.control, "components": components},
        **{kind: getattr(task, kind) for kind in _TERMS},
        "stages": [asdict(stage) for stage in task.stages],
        "start": task.start,
        "draws": to_plain_data({name: asdict(draw) for name, draw in task.draws.items()}),
        "place": to_plain_data({name: asdict(placement) for name, placement in task.place.items()}),
        "instruction": list(task.language.templates) if task.language else [],
    }


class _Page:
    """Writer of the sections as text, wrapped to the width of the terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._width = out, get_width(out)

    def write(self, task: dict[str, Any]) -> None:
        """Write all sections."""
        self._out.write(f"{task['task']}: {task['about']}\n{', '.join([*task['ids'], task['file']])}\n")
        self._out.write("at most {actions} actions of {physics_per_action} physics steps\n".format(**task["steps"]))
        self._write_section("instruction", ("index", "template"), list(enumerate(task["instruction"])))
        self._write_fields(task["fields"])
        self._write_observation(task["observation"])
        self._write_action(task["action"])
        for section, kind in _TERMS.items():
            self._write_section(section, ("name", "term"), _format_terms(kind, task[section]))
        stages = [(stage["name"], *row) for stage in task["stages"] for row in _list_stage_entries(stage)]
        self._write_section("stages", ("stage", "entry", "term"), stages)
        for section, head in _START:
            self._write_section(section, head, _format_calls(task[section]))

    def _write_section(self, title: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        if rows:
            self._out.write(f"\n{title}\n{format_table(head, rows, self._width)}")

    def _write_fields(self, fields: list[dict[str, Any]]) -> None:
        table = self._format_table(_WIDE, fields, None)
        if self._width is not None and max(map(len, table.splitlines())) > self._width:
            table = self._format_table(_NARROW, fields, self._width)
        self._out.write(f"\nfields\n{table}")

    def _format_table(self, columns: tuple[str, ...], fields: list[dict[str, Any]], width: int | None) -> str:
        return format_field_table(columns, [tuple(row[c] for c in columns) for row in fields], width)

    def _write_observation(self, groups: dict[str, dict[str, list[int]]]) -> None:
        rows = [(group, term, f"{a}:{b}") for group, terms in groups.items() for term, (a, b) in terms.items()]
        self._write_section("observation", ("group", "term", "indices"), rows)

    def _write_action(self, action: dict[str, Any]) -> None:
        columns = ("index", "arm", "name", "meaning", "full_scale", "unit")
        rows = [tuple(row[c] for c in columns) for row in action["components"]]
        self._write_section(f"action ({action['control']}, each number in [-1, 1])", columns, rows)


def _list_stage_entries(stage: dict[str, Any]) -> list[tuple[str, str]]:
    """List the checks, the reward terms and the bonus of a stage."""
    rows = [
        (f"{table}.{name}", term)
        for table, kind in _STAGE_TERMS.items()
        for name, term in _format_terms(kind, stage[table])
    ]
    return [*rows, *([("bonus", _format_value(stage["bonus"]))] if stage["bonus"] else [])]


def _format_terms(kind: Kind, calls: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Format terms with the defaults of the parameters that their file leaves out."""
    from mygym_lite.cli.term_parameters import fill_in_defaults

    return _format_calls({name: fill_in_defaults(kind, call) for name, call in calls.items()})


def _format_calls(calls: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(name, _format_entries(call)) for name, call in calls.items()]


def _format_entries(call: dict[str, Any]) -> str:
    """Format a term, a composite check or a variation as a task file writes it."""
    return ", ".join(f"{key} = {_format_value(value)}" for key, value in call.items())


def _format_value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {_format_entries(value)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_format_value, value))}]"
    return json.dumps(value, ensure_ascii=False)

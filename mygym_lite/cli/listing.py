"""List what is shipped: tasks, robots, objects, terms, parameters, suites, policies, or the fields of files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TextIO

from mygym_lite.cli.options import add_json, make_choice
from mygym_lite.cli.output import format_field_table, format_table, get_width, write_json
from mygym_lite.errors import UsageError

Row = dict[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    """What to list."""
    parser.add_argument("kind", metavar="|".join(KINDS), type=make_choice(list(KINDS)))
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="of fields: the whole page, with an example of each file")
    add_json(form)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line each."""
    if arguments.markdown:
        return _write_page(arguments.kind, out)
    rows = KINDS[arguments.kind]()
    if arguments.json:
        write_json(out, rows)
    elif rows:
        lay_out = format_field_table if arguments.kind == "parameters" else format_table
        out.write(lay_out(list(rows[0]), [list(row.values()) for row in rows], get_width(out)))
    return 0


def _write_page(kind: str, out: TextIO) -> int:
    from mygym_lite.cli.reference import render_page

    if kind != "fields":
        raise UsageError(f"list {kind} --markdown: only fields have a page; leave --markdown out")
    out.write(render_page())
    return 0


def _tasks() -> list[Row]:
    from mygym_lite.config.task import list_tasks, read_task

    tasks = [read_task(name) for name in list_tasks()]
    return [{"task": t.name, "seconds": t.episode.seconds, "robot": t.robot.model, "about": t.about} for t in tasks]


def _robots() -> list[Row]:
    from mygym_lite.config.robot import list_robots, load_robot

    robots = [load_robot(name) for name in list_robots()]
    return [
        {
            "robot": robot.name,
            "arms": " ".join(f"{side}:{len(arm.joints)}" for side, arm in robot.arms.items()),
            "hand joints": sum(len(arm.hand.joints) for arm in robot.arms.values() if arm.hand),
            "about": robot.about,
        }
        for robot in robots
    ]


def _objects() -> list[Row]:
    from mygym_lite.config.objects import list_objects, load_object

    things = [load_object(name) for name in list_objects()]
    return [
        {
            "object": thing.name, "bank": thing.bank, "family": thing.family, "kg": thing.mass,
            "friction": thing.friction, "grasp m": min((g.width for g in thing.grasps), default=None),
            "about": thing.about,
        }
        for thing in things
    ]  # fmt: skip


def _terms() -> list[Row]:
    import inspect

    from mygym_lite.terms import TERMS

    return [
        {
            "kind": kind,
            "term": name,
            "parameters": ", ".join(p for p in inspect.signature(function).parameters if p not in _GIVEN),
            "about": (inspect.getdoc(function) or "").partition("\n")[0],
        }
        for kind, functions in TERMS.items()
        for name, function in sorted(functions.items())
    ]


def _parameters() -> list[Row]:
    from mygym_lite.randomization.parameters import list_parameters

    return [
        {"path": p.path, "nominal": p.nominal, "unit": p.unit, "low": p.low, "high": p.high, "about": p.about}
        for p in list_parameters()
    ]


def _fields() -> list[Row]:
    from mygym_lite.cli.fields import get_declarations, iterate_tables

    return [
        {
            "file": kind, "table": table.heading, "field": field.name, "written as": field.type_text,
            "unit": field.unit or None, "bounds": field.bounds or None, "default": field.default, "about": field.about,
        }
        for kind, declared in get_declarations().items()
        for table in iterate_tables(declared)
        for field in table.fields
    ]  # fmt: skip


def _suites() -> list[Row]:
    from mygym_lite.randomization.suite import group_axes, list_suites, load_suite

    suites = [load_suite(name) for name in list_suites()]
    return [
        {
            "suite": suite.name,
            "severities": len(suite.combine.axis_counts)
            if suite.combine
            else len(suite.severities)
            if suite.axes
            else 0,
            "axes": len(suite.axes),
            "groups": " ".join(f"{group}:{len(names)}" for group, names in group_axes(suite.axes).items()) or None,
            "about": suite.about,
        }
        for suite in suites
    ]


def _policies() -> list[Row]:
    kinds = {
        "expert": "scripted; sees the true state, and shows that a task can be done",
        "random": "uniform actions: what a task gives away for nothing",
        "FOLDER": "a saved policy: policy.json and weights.safetensors",
        "FILE.zip": "a model of Stable-Baselines3 or sb3-contrib; needs --allow-pickle",
        "MODULE:NAME": "a function from observation to action, or an object with reset and act",
        "ws://HOST:PORT": "a policy server that speaks openpi's protocol",
    }
    shipped = _shipped_policies()
    rest = [
        {"policy": name, "task": None, "kind": None, "observes": None, "about": about} for name, about in kinds.items()
    ]
    return [*rest[:2], *shipped, *_with_perception(), *rest[2:]]


def _with_perception() -> list[Row]:
    """Baselines that are a shipped policy looking through trained perception."""
    from mygym_lite.studies.baselines.declared import read_baselines

    return [
        {
            "policy": f"{one.policy} --perception {one.perception}", "task": one.task, "kind": None, "observes": one.observes,
            "about": f"the baseline {name}: the same weights, through trained perception",
        }
        for name, one in read_baselines().items()
        if one.perception
    ]  # fmt: skip


def _shipped_policies() -> list[Row]:
    """Those with weights: what each is for, what it is shown, and how it was made."""
    from mygym_lite.policies.metadata import read_metadata
    from mygym_lite.policies.saved import get_policies_folder, list_policies

    told = {name: read_metadata(get_policies_folder() / name) for name in list_policies()}
    return [
        {
            "policy": name, "task": one.task, "kind": one.kind, "observes": " ".join(one.observation),
            "about": str(one.provenance.get("command") or one.provenance.get("algorithm") or "trained"),
        }
        for name, one in told.items()
    ]  # fmt: skip


_GIVEN = ("before", "action", "after")  # what the environment fills in
KINDS: dict[str, Callable[[], list[Row]]] = {
    "tasks": _tasks, "robots": _robots, "objects": _objects, "terms": _terms, "parameters": _parameters,
    "suites": _suites, "policies": _policies, "fields": _fields,
}  # fmt: skip

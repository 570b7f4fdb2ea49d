"""List shipped tasks, robots, objects, suites and policies, terms, parameters, or the fields of files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import Choice, add_json
from mygym_lite.cli.output import format_field_table, format_table, get_width, write_json
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.config.cavity import Cavity
    from mygym_lite.randomization.suite import Suite

Row = dict[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the kind of items."""
    parser.add_argument("kind", metavar="|".join(KINDS), type=Choice(tuple(KINDS)), help="kind of items to list")
    form = parser.add_mutually_exclusive_group()
    markdown = "with fields: print the reference page in Markdown, with an example of each file"
    form.add_argument("--markdown", action="store_true", help=markdown)
    add_json(form)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line per item."""
    if arguments.markdown:
        return _write_page(arguments.kind, out)
    rows = KINDS[arguments.kind]()
    if arguments.json:
        write_json(out, rows)
    elif rows:
        format_rows = format_field_table if arguments.kind == "parameters" else format_table
        out.write(format_rows(list(rows[0]), [list(row.values()) for row in rows], get_width(out)))
    return 0


def _write_page(kind: str, out: TextIO) -> int:
    from mygym_lite.cli.reference import render_page

    if kind != "fields":
        raise UsageError(f"list {kind} --markdown: only fields have a reference page; remove --markdown")
    out.write(render_page())
    return 0


def _list_tasks() -> list[Row]:
    from mygym_lite.config.task import FAMILIES, list_tasks, read_task

    tasks = [read_task(name) for name in list_tasks()]
    tasks.sort(key=lambda task: FAMILIES.index(task.family) if task.family else len(FAMILIES))
    return [
        {
            "family": task.family,
            "task": task.name,
            "seconds": task.episode.seconds,
            "robot": task.robot.model,
            **_read_difficulty(task.name),
            "about": task.about,
        }
        for task in tasks
    ]


def _read_difficulty(task: str) -> Row:
    """Read the measured success of a task in percent, by policy."""
    from mygym_lite.studies.difficulty.policy_names import CLONE, EXPERT, RANDOM
    from mygym_lite.studies.result_files import get_results_folder, read_result

    result = read_result(get_results_folder("difficulty"), task)
    measured = {} if result is None else result["policies"]
    return {
        f"{name} %": round(100 * measured[name]["nominal"]["success"]["value"]) if measured else None
        for name in (EXPERT, RANDOM, CLONE)
    }


def _list_robots() -> list[Row]:
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


def _list_objects() -> list[Row]:
    from mygym_lite.config.objects import list_objects, load_object

    models = [load_object(name) for name in list_objects()]
    return [
        {
            "object": model.name,
            "bank": model.bank,
            "family": model.family,
            "kg": model.mass,
            "friction": model.friction,
            "grasp m": min((grasp.width for grasp in model.grasps), default=None),
            "cavity m": model.cavity and _format_cavity(model.cavity),
            "about": model.about,
        }
        for model in models
    ]


def _format_cavity(cavity: Cavity) -> str:
    """Format the floor and the depth of a cavity, m, such as ``0.11 round, 0.06 deep``."""
    edges = " x ".join(f"{edge:g}" for edge in cavity.size)
    floor = f"{2 * cavity.size[0]:g} round" if cavity.shape == "disc" else edges
    return f"{floor}, {cavity.height:g} deep"


def _list_terms() -> list[Row]:
    import inspect

    from mygym_lite.cli.term_parameters import format_parameters
    from mygym_lite.terms import TERMS

    return [
        {
            "kind": kind,
            "term": name,
            "parameters": format_parameters(function),
            "about": (inspect.getdoc(function) or "").partition("\n")[0],
        }
        for kind, functions in TERMS.items()
        for name, function in sorted(functions.items())
    ]


def _list_parameters() -> list[Row]:
    from mygym_lite.randomization.parameters import list_parameters

    return [
        {"path": p.path, "nominal": p.nominal, "unit": p.unit, "low": p.low, "high": p.high, "about": p.about}
        for p in list_parameters()
    ]


def _list_fields() -> list[Row]:
    from mygym_lite.cli.fields import get_declarations, iterate_tables

    return [
        {
            "file": kind,
            "table": table.heading,
            "field": field.name,
            "written as": field.type_text,
            "unit": field.unit or None,
            "bounds": field.bounds or None,
            "default": field.default,
            "about": field.about,
        }
        for kind, declared in get_declarations().items()
        for table in iterate_tables(declared)
        for field in table.fields
    ]


def _list_suites() -> list[Row]:
    from mygym_lite.randomization.suite import group_axes
    from mygym_lite.randomization.suite_file import list_suites, load_suite

    suites = [load_suite(name) for name in list_suites()]
    return [
        {
            "suite": suite.name,
            "version": suite.version,
            "severities": _count_severities(suite),
            "axes": len(suite.axes),
            "groups": " ".join(f"{group}:{len(names)}" for group, names in group_axes(suite.axes).items()) or None,
            "about": suite.about,
        }
        for suite in suites
    ]


def _count_severities(suite: Suite) -> int:
    if suite.combine:
        return len(suite.combine.axis_counts)
    return len(suite.severities) if suite.axes else 0


def _list_policies() -> list[Row]:
    forms = {
        "expert": "scripted, with access to the ground-truth state; shows that a task is solvable",
        "random": "uniform actions; the baseline of chance",
        "zero": "zero actions; the baseline of doing nothing",
        "FOLDER": "saved policy: policy.json and weights.safetensors",
        "FILE.zip": "model of Stable-Baselines3 or sb3-contrib; requires --allow-pickle",
        "MODULE:NAME": "function from observation to action, or object with reset and act",
        "ws://HOST:PORT": "policy server with openpi's protocol",
    }
    rows = [
        {"policy": name, "task": None, "kind": None, "observes": None, "about": about} for name, about in forms.items()
    ]
    return [*rows[:3], *_list_shipped_policies(), *_list_perception_baselines(), *rows[3:]]


def _list_perception_baselines() -> list[Row]:
    """List the baselines that combine a shipped policy with trained perception."""
    from mygym_lite.studies.baselines.declared import read_baselines

    return [
        {
            "policy": f"{baseline.policy} --perception {baseline.perception}",
            "task": baseline.task,
            "kind": None,
            "observes": baseline.observes,
            "about": f"baseline {name}: the same weights with estimated poses",
        }
        for name, baseline in read_baselines().items()
        if baseline.perception
    ]


def _list_shipped_policies() -> list[Row]:
    from mygym_lite.policies.metadata import read_metadata
    from mygym_lite.policies.saved import get_policies_folder, list_policies

    policies = {name: read_metadata(get_policies_folder() / name) for name in list_policies()}
    return [
        {
            "policy": name,
            "task": " ".join(metadata.tasks or [metadata.task]),
            "kind": metadata.kind,
            "observes": " ".join(metadata.observation),
            "about": str(metadata.provenance.get("command") or metadata.provenance.get("algorithm") or "trained"),
        }
        for name, metadata in policies.items()
    ]


KINDS: dict[str, Callable[[], list[Row]]] = {
    "tasks": _list_tasks,
    "robots": _list_robots,
    "objects": _list_objects,
    "terms": _list_terms,
    "parameters": _list_parameters,
    "suites": _list_suites,
    "policies": _list_policies,
    "fields": _list_fields,
}

"""Markdown table of the expert: success by robot and engine, and time and force of the first of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mygym_lite.config.task import FAMILIES, read_task
from mygym_lite.errors import UsageError
from mygym_lite.studies.markdown_table import Marks, format_markdown, format_success
from mygym_lite.studies.result_files import Result

MARKS = Marks.for_study("expert")
PERCEPTION_MARKS = Marks.for_study("expert --perception")
_ENGINES = {"bullet": "PyBullet", "mujoco": "MuJoCo"}


def format_expert(results: Sequence[Result]) -> str:
    """Format success with its 95% interval in percent, and seconds and newtons of the first robot and engine."""
    if not results:
        raise UsageError("study expert: no stored results; measure some first")
    worlds = [f"`{result['robot']}`, {_ENGINES[result['engine']]}" for result in results]
    return format_markdown(("task", *worlds, "time, s", "peak force, N"), list(_list_rows(results)))


def _list_rows(results: Sequence[Result]) -> Iterator[list[str]]:
    """List a row for each task, by family."""
    for task in sorted(results[0]["tasks"], key=_get_order):
        first = results[0]["tasks"][task]
        force = first["peak_force"]["value"]
        yield [
            f"`{task}`",
            *(format_success(result["tasks"].get(task)) for result in results),
            "-" if first["median_time_to_success"] is None else f"{first['median_time_to_success']:.1f}",
            "-" if force is None else f"{force:.0f}",
        ]


def _get_order(task: str) -> tuple[int, str]:
    family = read_task(task).family
    return FAMILIES.index(family) if family else len(FAMILIES), task

"""The page that lists the fields of every kind of file, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mygym_lite.cli.field_examples import EXAMPLES
from mygym_lite.cli.fields import Table, get_declarations, iterate_tables

_PLACES = {
    "task": "`tasks/NAME.toml`, or any path: `mygym-lite watch mine.toml`. Terms: `mygym-lite list terms`.",
    "robot": "A folder in `assets/robots/` with the URDF, or any path: `--robot mine/robot.toml`.",
    "object": "`assets/objects/NAME.toml`, or any path: `model = \"mine/brick.toml\"` in a task.",
    "workspace": "`assets/workspaces/NAME.toml`, or any path: `workspace = { model = \"mine/bench.toml\" }` in a task.",
    "suite": "`evaluation/suites/NAME.toml`, or any path: `mygym-lite evaluate grasp --suite mine.toml`.",
    "preset": "`tasks/randomization/NAME.toml`, or any path: `--randomization mine.toml`.",
    "mapping": "Any path: `mygym-lite evaluate reach --policy ws://host:8000 --remote-mapping mine.toml`.",
}  # fmt: skip
VERBS = {
    "value": ("`{ value = 0.2 }`", "this value"),
    "choice": ('`{ choice = ["cube", "can"] }`', "one of these; the name of a bank stands for everything in it"),
    "uniform": ("`{ uniform = [0.1, 0.3] }`", "evenly between two ends"),
    "normal": ("`{ normal = 0.01 }`", "around the declared value, with this deviation, cut at three of them"),
    "shift": ("`{ shift = [-0.1, 0.1] }`", "the declared value plus something between two ends, or plus a number"),
    "scale": ("`{ scale = [0.5, 2.0] }`", "the declared value times something between two ends, or times a number"),
    "offset": ("`{ offset = 0.05 }`", "away from the declared value by exactly this, in a random direction"),
    "factor": ("`{ factor = 1.5 }`", "the declared value times or divided by this"),
}
_HEAD = ("field", "written as", "unit", "bounds", "default", "meaning")
_INTRODUCTION = """\
# Fields of all files

Made by `mygym-lite list fields --markdown`; a test compares it with the declarations. Every file begins with
`schema = 1`. Units are SI, quaternions are (x, y, z, w), z = 0 is the top of the table. What is misspelt, missing or
out of bounds is refused in one line when the file is read. Bounds hold for each number of an array; `absent` means
that the model, or nothing, decides. `NAME`, `GROUP` and `CODE` are words of your own.
"""
_ABOUT_VERBS = """\
## Verbs

They stand behind a path in `[start]`, in a preset, in `variations=` and, with an argument for each level, in a suite.
`*` in a path stands for every name. With `probability = 0.3` a variation takes part in three episodes of ten.

"""


def render_page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(part for kind in get_declarations() for part in _kind(kind)), _verbs()])


def _kind(kind: str) -> Iterator[str]:
    yield f"## {kind.capitalize()}\n\n{_PLACES[kind]}\n\n```toml\n{EXAMPLES[kind]}```\n"
    yield from map(_table, iterate_tables(get_declarations()[kind]))


def _table(table: Table) -> str:
    rows = [
        (f"`{field.name}`", _code(field.type_text), field.unit, field.bounds, _code(field.default), field.about)
        for field in table.fields
    ]
    heading = f"### `{table.heading}`\n\n{table.about}\n\n" if table.heading else ""
    return heading + _markdown(_HEAD, rows)


def _verbs() -> str:
    rows = [(f"`{name}`", example, about) for name, (example, about) in VERBS.items()]
    return _ABOUT_VERBS + _markdown(("verb", "example", "drawn"), rows)


def _code(text: str) -> str:
    return f"`{text}`" if any(letter in text for letter in '["0123456789') else text


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[cell.replace("|", r"\|") for cell in line] for line in (head, ["---"] * len(head), *rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

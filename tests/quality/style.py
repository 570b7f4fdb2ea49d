"""Measure the style of the package and print it as a table: ``python tests/quality/style.py``, or ``make style``.

The exit code is 1 if a figure misses its target, so that ``make check`` fails.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from source_tree import FILES, ROOT, find_docstrings, find_functions, get_row, parse, read
from words import (
    FRAGMENTS,
    IRREGULAR_PARTICIPLES,
    PREPOSITIONS,
    QUESTIONS,
    STOP_NAMES,
    STOP_WORDS,
    UNGUESSABLE_MODULES,
    VERBS,
)

KERNELS = "render"  # compiled functions take arrays by position


@dataclass(frozen=True)
class Figure:
    """One measured property of the code.

    Args:
        name: Description for the table.
        value: Measured value.
        target: Bound that the value must keep.
        at_least: If true, the target is a lower bound.
        enforced: If false, a miss is printed but does not fail the command.
        unit: Suffix of both numbers.
        examples: Places that miss the rule.
    """

    name: str
    value: float
    target: float
    at_least: bool = False
    enforced: bool = True
    unit: str = ""
    examples: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether the value keeps the target."""
        return self.value >= self.target if self.at_least else self.value <= self.target


def starts_badly(text: str) -> bool:
    """Tell whether a docstring begins with a question word or a bare fragment."""
    first = text.split()[0].strip("`'\".,:;").lower()
    return first in QUESTIONS | FRAGMENTS


def is_participle(name: str) -> bool:
    """Tell whether a function is named by a participle alone: ``_told``, ``moved``, ``looked_at``."""
    first, *rest = name.strip("_").split("_")
    passive = first in IRREGULAR_PARTICIPLES or (first.endswith("ed") and first not in VERBS and len(first) > 4)
    return passive and set(rest) <= PREPOSITIONS


def starts_with_verb(name: str) -> bool:
    """Tell whether the first word of a name is a verb."""
    return name.strip("_").split("_")[0] in VERBS


def measure_docstrings() -> Figure:
    """Measure the share of docstrings that begin badly."""
    places = [(f"{module}:{line}", text) for module in FILES for line, text in find_docstrings(module)]
    bad = [f"{place} {text.splitlines()[0][:70]}" for place, text in places if starts_badly(text)]
    return Figure(
        "docstrings that begin with a question word or fragment",
        _percent(bad, places),
        1,
        unit="%",
        examples=tuple(bad),
    )


def measure_arguments() -> Figure:
    """Measure the share of described arguments that begin badly."""
    places = [(f"{module}:{line}", text) for module in FILES for line, text in _find_arguments(module)]
    bad = [f"{place} {text[:70]}" for place, text in places if starts_badly(text)]
    return Figure("descriptions of arguments that begin so", _percent(bad, places), 1, unit="%", examples=tuple(bad))


def measure_participles() -> Figure:
    """Measure the share of functions that are named by a participle alone."""
    names = list(_find_names())
    bad = [f"{module}.{name}" for module, name in names if is_participle(name)]
    return Figure("functions named by a bare participle", _percent(bad, names), 1, unit="%", examples=tuple(bad))


def measure_verbs() -> Figure:
    """Measure the share of functions that begin with a verb."""
    names = list(_find_names())
    other = [f"{module}.{name}" for module, name in names if not starts_with_verb(name)]
    value = 100.0 - _percent(other, names)
    return Figure("functions that begin with a verb", value, 60, at_least=True, unit="%", examples=tuple(other))


def count_stop_names() -> Figure:
    """Count the functions, classes and parameters with a name of the stop list."""
    bad = [
        f"{module}:{line} {name}"
        for module in FILES
        for line, name in _find_definitions(module)
        if name.strip("_").lower() in STOP_NAMES
    ]
    return Figure("names of the stop list", len(bad), 0, examples=tuple(bad))


def count_stop_words() -> Figure:
    """Count the lines of code, comments and docstrings with a word of the stop list."""
    bad = [
        f"{module}: {line.strip()[:80]}"
        for module in FILES
        for line in read(module).splitlines()
        if STOP_WORDS & set(re.findall(r"\w+", line.lower()))
    ]
    return Figure("lines with words of the stop list", len(bad), 0, examples=tuple(bad))


def count_format_skips() -> Figure:
    """Count the statements that the formatter must leave alone."""
    bad = [module for module in FILES for line in read(module).splitlines() if "# fmt:" in line]
    return Figure("statements kept from the formatter", len(bad), 20, examples=tuple(bad))


def count_long_calls(positional: int = 7) -> Figure:
    """Count the calls with many positional arguments, outside the compiled kernels."""
    bad = [
        f"{module}:{node.lineno} {ast.unparse(node.func)}"
        for module in FILES
        if get_row(module) != KERNELS
        for node in ast.walk(parse(module))
        if isinstance(node, ast.Call) and len(node.args) >= positional
    ]
    return Figure(f"calls with {positional} or more positional arguments", len(bad), 0, examples=tuple(bad))


def measure_largest_package() -> Figure:
    """Measure the share of all lines in the largest package."""
    lines = Counter[str]()
    for module in FILES:
        lines[get_row(module)] += _count_lines(module)
    name, most = lines.most_common(1)[0]
    return Figure(f"largest package ({name})", 100 * most / lines.total(), 12, unit="%")


def count_lines() -> Figure:
    """Count the lines of the package, in thousands."""
    return Figure("lines of mygym_lite/", sum(map(_count_lines, FILES)) / 1000, 38, enforced=False, unit="k")


def count_unguessable_modules() -> Figure:
    """Count the modules that nobody of the field would guess."""
    bad = [module for module in FILES if module.rpartition(".")[2] in UNGUESSABLE_MODULES]
    return Figure("modules that nobody would guess", len(bad), 0, examples=tuple(bad))


def measure_readme() -> Figure:
    """Measure the size of the README."""
    return Figure("README.md", (ROOT / "README.md").stat().st_size / 1024, 8, unit=" KB")


FIGURES: tuple[Callable[[], Figure], ...] = (
    measure_docstrings,
    measure_arguments,
    measure_participles,
    measure_verbs,
    count_stop_names,
    count_stop_words,
    count_format_skips,
    count_long_calls,
    measure_largest_package,
    count_lines,
    count_unguessable_modules,
    measure_readme,
)


def _find_names() -> Iterator[tuple[str, str]]:
    for module in FILES:
        for node in find_functions(module):
            yield module, node.name


def _find_definitions(module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def _find_arguments(module: str) -> Iterator[tuple[int, str]]:
    """Yield the description of every argument that a docstring lists under ``Args:``."""
    for line, text in find_docstrings(module):
        _, found, section = text.partition("Args:\n")
        for entry in section.splitlines() if found else ():
            indent, name, description = len(entry) - len(entry.lstrip()), *entry.partition(": ")[::2]
            if not entry.strip() or indent == 0:
                break
            if indent == 4 and description and name.strip().isidentifier():
                yield line, description


def _count_lines(module: str) -> int:
    return read(module).count("\n")


def _percent(part: list[str], whole: list[object] | list[tuple[str, str]]) -> float:
    return 100 * len(part) / max(1, len(whole))


def main(arguments: list[str]) -> int:
    """Print the table; with ``--examples N``, also N places that miss each rule."""
    shown = int(arguments[1]) if arguments[:1] == ["--examples"] else 0
    figures = [measure() for measure in FIGURES]
    for figure in figures:
        sign = ">=" if figure.at_least else "<="
        met = "" if figure.is_met else "   missed"
        bound = f"{sign} {figure.target:g}{figure.unit}"
        print(f"{figure.name:58} {figure.value:8.1f}{figure.unit:3} {bound:>9}{met}")
        for example in figure.examples[:shown]:
            print(f"    {example}")
    return 0 if all(figure.is_met for figure in figures if figure.enforced) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
